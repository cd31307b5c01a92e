"""What setting up costs: time, memory, disk and download of each step, in a fresh clone with empty caches.

Usage, in a checkout whose changes are committed: python3 environment/setup_cost.py [--save]
Runs `./engram setup` and then the first generation, in a temporary clone whose Maven repository and pip cache begin empty.
Memory is the most that all processes of a step held at once, disk what the step left in the clone and in both caches, download
what the network interfaces received meanwhile, so nothing else should use the network. Linux only (/proc). --save writes
results/setup/quick/rows.csv, from which ./engram pages makes README's table.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import machine
import rows as rows_file

ROOT = Path(__file__).resolve().parent.parent
STEPS = {"building the library": "library", "fetching the default model": "model", "installing JupyterLab": "notebooks"}
FIRST = ["./engram", "generate", "--prompt", "What is the capital of France?", "--max_tokens", "16"]
PAGE = os.sysconf("SC_PAGE_SIZE")


def received():
    """Bytes that came in over the network."""
    lines = Path("/proc/net/dev").read_text(encoding="utf-8").splitlines()[2:]
    return sum(int(line.split(":")[1].split()[0]) for line in lines if line.split(":")[0].strip() != "lo")


def size(folder):
    """Bytes that a folder takes on the disk."""
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
            except FileNotFoundError:
                continue  # a step's scratch, just removed
    return total


def resident(root):
    """Bytes that a process and all below it hold."""
    parents, pages = {}, {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
            except OSError:
                continue  # it has ended
            parents[int(entry)], pages[int(entry)] = int(fields[1]), int(fields[21])

    def below(process):
        while process not in (0, 1, root):
            process = parents.get(process, 0)
        return process == root

    return PAGE * sum(count for process, count in pages.items() if below(process))


class Meter:
    """Follows a command and notes what each of its steps takes."""

    def __init__(self, folder, environment):
        self.folder, self.environment, self.rows, self.open, self.peak = folder, environment, [], None, 0

    def begin(self, step):
        self.settle()
        self.peak = 0
        self.step, self.began = step, (time.monotonic(), received())

    def end(self):
        begun, came = self.began
        self.rows.append({"step": self.step, "seconds": round(time.monotonic() - begun, 1), "memory_mb": round(self.peak / 1e6),
                          "disk_mb": 0, "download_mb": round((received() - came) / 1e6), **machine.stamp()})
        self.open = self.rows[-1]

    def settle(self):
        """Disk of the step before, whose scratch files are gone only when the next one begins."""
        now = size(self.folder)
        if self.open:
            self.open["disk_mb"] = round((now - self.disk) / 1e6)
        self.open, self.disk = None, now

    def run(self, command, step=None):
        """Runs a command; without a step, its own lines say where each begins and ends."""
        if step:
            self.begin(step)
        process = subprocess.Popen(command, cwd=self.folder / "engram", env=self.environment, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self.watch, args=(process,), daemon=True).start()
        for line in process.stdout:
            print("  " + line, end="", flush=True)
            title = [name for words, name in STEPS.items() if words in line]
            if title and not step:
                self.begin(title[0])
            elif line.strip().startswith("done in") and not step:
                self.end()
        if process.wait() != 0:
            sys.exit(f"engram: {' '.join(command)} ended with code {process.returncode}; the lines above say why.")
        if step:
            self.end()
        self.settle()

    def watch(self, process):
        while process.poll() is None:
            self.peak = max(self.peak, resident(process.pid))
            time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--save", action="store_true", help="write results/setup/quick/rows.csv")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="engram-setup-") as name:
        folder = Path(name)
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / "engram")], check=True)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ENGRAM_") and key != "DJL_CACHE_DIR"}
        environment["MAVEN_OPTS"] = f"-Dmaven.repo.local={folder / 'maven'}"
        environment["PIP_CACHE_DIR"] = str(folder / "pip")
        meter = Meter(folder, environment)
        meter.run(["./engram", "setup"])
        meter.run(FIRST, "first answer")
    for row in meter.rows:
        print(row)
    if chosen.save:
        rows_file.save("setup", meter.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
