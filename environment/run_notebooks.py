"""Executes the notebooks without a browser, keeps the executed copies and prints a line for each.

Called by ./engram reproduce and ./engram test. Exit codes: 0 all passed, 1 a cell failed, 2 wrong use, 3 a kernel died,
4 a notebook took too long, 128 + n ended by signal n.
"""

import argparse
import hashlib
import json
import os
import re
import signal
import sys
import zipfile
from pathlib import Path

import html_copies
import machine
import notebook_file
from kernel_run import SHOWN_LINES, KernelRun, Stopped

CODES = {"ok": 0, "failed": 1, "died": 3, "timeout": 4}
TIMEOUT_SECONDS = {"quick": 1800, "full": 12 * 3600}
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
HEARTBEAT_SECONDS = 60


def options(arguments):
    parser = argparse.ArgumentParser(
        prog="./engram reproduce",
        description="Runs the notebooks without a browser; executed copies go to results/notebooks/PROFILE/.")
    parser.add_argument("--only", metavar="00,03", help="run these notebooks only, named by their first characters")
    parser.add_argument("--profile", choices=("quick", "full"), default="quick",
                        help="quick takes minutes (default), full may take hours")
    parser.add_argument("--resume", action="store_true",
                        help="skip notebooks that passed and have not changed since, nor has the library")
    parser.add_argument("--save", action="store_true", help="also refresh the outputs saved in notebooks/")
    parser.add_argument("--html", action="store_true", help="also write an HTML copy of each, and an index page")
    parser.add_argument("--solutions", action="store_true", help="also run notebooks/solutions/")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="limit for each notebook")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help=argparse.SUPPRESS)
    parser.add_argument("--kernel", default="java", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.save and chosen.profile != "quick":
        parser.error("--save keeps the outputs of the quick profile; leave out --profile full.")
    if chosen.timeout is not None and chosen.timeout <= 0:
        parser.error(f"--timeout must be above 0 seconds, not {chosen.timeout:g}.")
    return chosen


def select(folder, only, solutions):
    """The notebooks to run, as paths below `folder`, in order; exits with code 2 when a name fits none."""
    paths = sorted(folder.glob("*.ipynb")) + (sorted((folder / "solutions").glob("*.ipynb")) if solutions else [])
    names = [path.relative_to(folder) for path in paths]
    if only is None:
        return names
    chosen = []
    for wanted in filter(None, (part.strip() for part in only.split(","))):
        fitting = [name for name in names if name.stem == wanted or name.stem.startswith(wanted + "-")]
        if not fitting:
            there = ", ".join(str(name.with_suffix("")) for name in names) or "none"
            wrong_use(f"--only {wanted} fits no notebook; there are: {there}.")
        chosen += [name for name in fitting if name not in chosen]
    return chosen


def wrong_use(sentence):
    print(f"engram: {sentence}", file=sys.stderr)
    sys.exit(2)


def library_hash(jar):
    """Of the jar's content, not its times: building it again changes nothing."""
    if not jar.is_file():
        return "no library"
    with zipfile.ZipFile(jar) as archive:
        entries = sorted((item.filename, item.CRC) for item in archive.infolist() if not item.is_dir())
    return hashlib.sha256(json.dumps(entries).encode()).hexdigest()


class History:
    """Times of the last runs and what they ran on, kept in one small file."""

    def __init__(self, path):
        self._path = path
        try:
            self._runs = json.loads(path.read_text())
        except (OSError, ValueError):
            self._runs = {}

    def seconds(self, name):
        return self._runs.get(name, {}).get("seconds")

    def key(self, name):
        return self._runs.get(name, {}).get("key")

    def note(self, name, seconds, key):
        self._runs[name] = {"seconds": round(seconds, 1), "key": key}
        notebook_file.write_text(json.dumps(self._runs, indent=1, sort_keys=True) + "\n", self._path)


def clock(seconds):
    minutes, rest = divmod(int(seconds + 0.5), 60)
    return f"{minutes}:{rest:02d}"


class Progress:
    """One line that is rewritten on a terminal; elsewhere a line a minute, so that a log shows life."""

    def __init__(self, name, cells, last_seconds):
        self._name, self._cells, self._last = name, cells, last_seconds
        self._live = sys.stdout.isatty()
        self._next = HEARTBEAT_SECONDS

    def __call__(self, run):
        if not self._live and run.seconds < self._next:
            return
        self._next += HEARTBEAT_SECONDS
        cell = "starting Java" if run.cell is None else f"cell {run.cell + 1}/{self._cells}"
        left = "" if self._last is None else f", about {clock(max(0, self._last - run.seconds))} left"
        text = f"{self._name:<36} {cell}  {clock(run.seconds)}{left}"
        print(f"\r\x1b[K{text}" if self._live else text, end="" if self._live else "\n", flush=True)

    def end(self, text):
        print(("\r\x1b[K" if self._live else "") + f"{self._name:<36} {text}", flush=True)


def failure_report(run):
    """The cell that was running and the end of its error."""
    if run.cell is None:
        return [f"  before the first cell: {run.error}"] + [f"    {line}" for line in run.last_words]
    cell = run.notebook.cells[run.cell]
    lines = [f"  cell {run.cell + 1} of {len(run.notebook.cells)}:"]
    source = cell.source.splitlines()
    lines += [f"    | {line}" for line in source[:SHOWN_LINES]]
    if len(source) > SHOWN_LINES:
        lines.append(f"    | ... {len(source) - SHOWN_LINES} more lines")
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    if errors:
        message = "\n".join(errors[-1].traceback) or f"{errors[-1].ename}: {errors[-1].evalue}"
    else:
        message = str(run.error or "")
    ending = [line for line in ANSI.sub("", message).splitlines() if line.strip()][-SHOWN_LINES:]
    if run.status == "died":
        ending += run.last_words
    return lines + [f"    {line}" for line in ending]


class Runner:
    def __init__(self, chosen):
        self._chosen = chosen
        self._folder = chosen.root / "notebooks"
        self._out = chosen.root / "results" / "notebooks" / chosen.profile
        self._copies = html_copies.copies_of(self._folder, self._out)
        self._history = History(chosen.root / ".engram" / "notebook-runs.json")
        self._setting = [library_hash(chosen.root / "target" / "engram.jar")]
        self._setting += [os.environ.get(name, "") for name in ("ENGRAM_MODEL", "ENGRAM_RESULTS")]

    def _note_time(self, name, cells, seconds, load):
        """Beside the results, for README's table; solutions are not listed there."""
        if len(name.parts) > 1:
            return
        results = Path(os.environ.get("ENGRAM_RESULTS") or self._chosen.root / "results")
        record = {"notebook": name.stem, "cells": cells, "seconds": round(seconds, 1), "load": round(load, 2),
                  **machine.stamp()}
        target = results / "notebook-times" / self._chosen.profile / f"{name.stem}.json"
        notebook_file.write_text(json.dumps(record, indent=1) + "\n", target)

    def write_index(self):
        html_copies.write_index(self._chosen.root, self._copies, self._out)

    def run(self, name):
        """Runs one notebook and returns its status, or `skipped`."""
        chosen = self._chosen
        label = str(name.with_suffix(""))
        history_name = f"{chosen.profile}/{label}"
        try:
            notebook = notebook_file.read(self._folder / name)
        except Exception as error:
            print(f"{label:<36} FAILED: not a notebook that can be read ({error})", flush=True)
            return "failed"
        before = notebook_file.source_hash(notebook)
        key = hashlib.sha256(json.dumps([before, *self._setting]).encode()).hexdigest()
        copy = self._out / name
        if chosen.resume and self._history.key(history_name) == key and copy.is_file():
            if chosen.save:
                notebook_file.write(notebook_file.read(copy), self._folder / name)
            print(f"{label:<36} unchanged since it passed, skipped", flush=True)
            return "skipped"

        cells = len(notebook.cells)
        progress = Progress(label, cells, self._history.seconds(history_name))
        load = os.getloadavg()[0]
        run = KernelRun(notebook, (self._folder / name).parent,
                        chosen.timeout or TIMEOUT_SECONDS[chosen.profile], chosen.kernel)
        stopped = None
        try:
            run.execute(progress)
        except Stopped as signal_received:
            stopped = signal_received
        clean = notebook_file.normalise(notebook, chosen.root)
        failed_copy = copy.with_name(copy.stem + ".failed.ipynb")
        if stopped is not None:
            progress.end(f"stopped after {clock(run.seconds)}")
            raise stopped
        if run.status != "ok":
            notebook_file.write(clean, failed_copy)
            progress.end({
                "failed": f"FAILED after {clock(run.seconds)}",
                "died": f"FAILED after {clock(run.seconds)}: the kernel died",
                "timeout": f"FAILED: over its limit of {clock(run.timeout)}",
            }[run.status])
            print("\n".join(failure_report(run)))
            print(f"  executed so far: {failed_copy.relative_to(chosen.root)}", flush=True)
            return run.status

        notebook_file.write(clean, copy)
        failed_copy.unlink(missing_ok=True)
        self._note_time(name, cells, run.seconds, load)
        if chosen.html:
            html_copies.write(clean, self._folder / name, copy.with_suffix(".html"), self._copies)
        note = ""
        if chosen.save:
            if notebook_file.source_hash(notebook_file.read(self._folder / name)) == before:
                notebook_file.write(clean, self._folder / name)
            else:
                note = ", not saved: the notebook was edited meanwhile"
        self._history.note(history_name, run.seconds, key)
        progress.end(f"{cells} cells in {clock(run.seconds)}{note}")
        return "ok"


def main(arguments=None):
    chosen = options(arguments)
    names = select(chosen.root / "notebooks", chosen.only, chosen.solutions)
    if not names:
        print("There are no notebooks in notebooks/.")
        return 0
    os.environ["ENGRAM_PROFILE"] = chosen.profile  # the kernel inherits it

    def stop(number, frame):
        raise Stopped(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    runner = Runner(chosen)
    try:
        statuses = [runner.run(name) for name in names]
        if chosen.html:
            runner.write_index()
    except Stopped as stopped:
        return 128 + stopped.number
    except OSError as error:
        wrong_use(f"{error.filename or 'A result'} could not be written: {error.strerror}.")
    failed = [status for status in statuses if status in ("failed", "died", "timeout")]
    skipped = statuses.count("skipped")
    print(f"Executed copies are in results/notebooks/{chosen.profile}/.")
    print(f"Notebooks: {statuses.count('ok')} passed, {len(failed)} failed" + (f", {skipped} skipped" if skipped else ""))
    return CODES[failed[0]] if failed else 0


if __name__ == "__main__":
    sys.exit(main())
