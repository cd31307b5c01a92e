"""Tests of the notebook runner, of saved notebook files and of the launcher.

Run by ./engram test. Those that execute a cell need the project's Java kernel, which ./engram setup installs.
"""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import html_copies
import notebook_file
import run_notebooks

HERE = Path(__file__).resolve().parent
KERNEL_PATIENCE = 60


class Workshop(unittest.TestCase):
    """A scratch checkout with notebooks."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        results = os.environ.pop("ENGRAM_RESULTS", None)  # this checkout's results are its own
        if results is not None:
            self.addCleanup(os.environ.__setitem__, "ENGRAM_RESULTS", results)
        (self.root / "notebooks" / "solutions").mkdir(parents=True)

    def notebook(self, name, *sources):
        cells = [new_markdown_cell(f"# {name}")] + [new_code_cell(source) for source in sources]
        path = self.root / "notebooks" / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=cells), path)
        return path

    def run_main(self, *arguments):
        """Exit code and everything printed."""
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            try:
                code = run_notebooks.main(["--root", str(self.root), *arguments])
            except SystemExit as ended:
                code = ended.code
        return code, out.getvalue()

    def executed(self, name):
        return self.root / "results" / "notebooks" / "quick" / name


class SelectionTest(Workshop):
    def test_names(self):
        for name in ("00-start", "01-next", "solutions/00-start"):
            self.notebook(name)
        folder = self.root / "notebooks"
        chosen = lambda *arguments: [str(name.with_suffix("")) for name in run_notebooks.select(folder, *arguments)]
        self.assertEqual(chosen(None, False), ["00-start", "01-next"])
        self.assertEqual(chosen(None, True), ["00-start", "01-next", "solutions/00-start"])
        self.assertEqual(chosen("01,00", False), ["01-next", "00-start"])
        self.assertEqual(chosen("00-start", True), ["00-start", "solutions/00-start"])

    def test_wrong_use_is_one_sentence_and_code_2(self):
        self.notebook("00-start")
        code, text = self.run_main("--only", "09")
        self.assertEqual(code, 2)
        self.assertIn("--only 09 fits no notebook; there are: 00-start.", text)
        self.assertEqual(self.run_main("--save", "--profile", "full")[0], 2)
        self.assertEqual(self.run_main("--timeout", "0")[0], 2)

    def test_no_notebooks(self):
        self.assertEqual(self.run_main(), (0, "There are no notebooks in notebooks/.\n"))


class HtmlTest(Workshop):
    """Pages for reading: links lead to the copies, pictures are inside, an index lists them. No kernel is needed."""

    def test_pages_without_a_run(self):
        folder = self.root / "notebooks"
        (folder / "README.md").write_text("contents")
        (self.root / "data").mkdir()
        (self.root / "data" / "notebooks.csv").write_text("notebook,about,about_zh\n00-a,what <b>,x\n")
        links = "[s](solutions/00-a.ipynb) [r](README.md) [d](../data/notebooks.csv) [w](https://example.org/x.ipynb)"
        nbformat.write(new_notebook(cells=[new_markdown_cell(links)]), folder / "00-a.ipynb")
        nbformat.write(new_notebook(cells=[new_markdown_cell("[n](../00-a.ipynb#top)")]), folder / "solutions" / "00-a.ipynb")
        with redirect_stdout(io.StringIO()):
            self.assertEqual(html_copies.main(["--root", str(self.root)]), 0)
        out = self.root / "target" / "html"
        page = (out / "00-a.html").read_text()
        for target in ("solutions/00-a.html", "index.html", "../../data/notebooks.csv", "https://example.org/x.ipynb"):
            self.assertIn(f'href="{target}"', page)
        self.assertIn('href="../00-a.html#top"', (out / "solutions" / "00-a.html").read_text())
        index = (out / "index.html").read_text()
        self.assertIn('<a href="00-a.html">00-a</a></td><td>what &lt;b&gt;</td><td><a href="solutions/00-a.html">', index)

    def test_a_folder_that_cannot_be_written_is_one_sentence(self):
        self.notebook("00-a")
        (self.root / "file").write_text("")
        err = io.StringIO()
        with redirect_stderr(err), redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unittest shows libraries' warnings, a user does not see them
            self.assertEqual(html_copies.main(["--root", str(self.root), "--out", str(self.root / "file" / "x")]), 2)
        self.assertEqual(len(err.getvalue().splitlines()), 1)


class NotebookFileTest(Workshop):
    def executed_notebook(self):
        home = os.path.expanduser("~")
        text = f"{self.root}/results/x.csv and {home}/y and {self.root}"
        picture = new_output("display_data", {"image/png": f"{home}/"})
        cell = new_code_cell("1 + 1", execution_count=1, outputs=[
            new_output("stream", name="stdout", text=text), picture,
            new_output("execute_result", {"text/html": [f"<b>{self.root}/a</b>"]}, execution_count=1)])
        cell.metadata.execution = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
        cell.metadata.tags = ["keep"]
        notebook = new_notebook(cells=[cell, new_markdown_cell("text")])
        notebook.metadata.language_info = {"name": "Java", "version": "17.0.1+2", "file_extension": ".jshell"}
        return notebook

    def test_normalise_hides_paths_and_times(self):
        clean = notebook_file.normalise(self.executed_notebook(), self.root)
        cell = clean.cells[0]
        self.assertEqual(cell.outputs[0].text, "results/x.csv and ~/y and .")
        self.assertEqual(cell.outputs[1].data["image/png"], os.path.expanduser("~") + "/")
        self.assertEqual(cell.outputs[2].data["text/html"], ["<b>a</b>"])
        self.assertEqual(cell.metadata, {"tags": ["keep"]})
        self.assertEqual(cell.execution_count, 1)
        self.assertNotIn("version", clean.metadata.language_info)
        self.assertEqual(clean.metadata.kernelspec.name, "java")
        nbformat.validate(clean)

    def test_ids_are_stable_and_unique(self):
        notebook = self.executed_notebook()
        notebook.cells[1]["id"] = notebook.cells[0]["id"]
        first = notebook_file.normalise(notebook, self.root)
        self.assertEqual([cell.id for cell in first.cells], [notebook.cells[0]["id"], "cell-001"])
        self.assertEqual(first, notebook_file.normalise(first, self.root))

    def test_source_hash_ignores_outputs(self):
        notebook = self.executed_notebook()
        before = notebook_file.source_hash(notebook)
        notebook.cells[0].outputs = []
        self.assertEqual(notebook_file.source_hash(notebook), before)
        notebook.cells[0].source = "1 + 2"
        self.assertNotEqual(notebook_file.source_hash(notebook), before)

    def test_write_replaces_whole_file(self):
        path = self.root / "deep" / "a.ipynb"
        notebook_file.write(self.executed_notebook(), path)
        self.assertEqual(os.listdir(path.parent), ["a.ipynb"])
        self.assertTrue(path.read_text().startswith('{\n "cells"'))
        self.assertTrue(path.read_text().endswith("}\n"))


class ExecutionTest(Workshop):
    """Each test starts one or two JVMs, 5 to 10 seconds each."""

    def test_passes_saves_and_resumes(self):
        path = self.notebook("00-start", "int a = 1;", 'a + " " + System.getenv("ENGRAM_PROFILE")')
        code, text = self.run_main("--save", "--html")
        self.assertEqual(code, 0, text)
        self.assertIn("Notebooks: 1 passed, 0 failed\n", text)
        saved = notebook_file.read(path)
        self.assertEqual(saved.cells[2].outputs[0].data["text/plain"], "1 quick")
        self.assertEqual(path.read_text(), self.executed("00-start.ipynb").read_text())
        self.assertIn("1 quick", self.executed("00-start.html").read_text())
        self.assertIn("00-start.html", self.executed("index.html").read_text())
        times = json.loads((self.root / "results" / "notebook-times" / "quick" / "00-start.json").read_text())
        self.assertEqual(times["notebook"], "00-start")
        self.assertGreater(times["seconds"], 0)
        self.assertIn("1 skipped", self.run_main("--resume")[1])

    def test_failing_cell_is_shown(self):
        self.notebook("00-start", "int a = 1;", "int b = a / 0; // here")
        code, text = self.run_main("--save")
        self.assertEqual(code, 1)
        self.assertIn("cell 3 of 3:\n    | int b = a / 0; // here\n    java.lang.ArithmeticException: / by zero", text)
        self.assertIn("Notebooks: 0 passed, 1 failed\n", text)
        self.assertTrue(self.executed("00-start.failed.ipynb").is_file())
        self.assertFalse(self.executed("00-start.ipynb").exists())
        self.assertEqual(notebook_file.read(self.root / "notebooks" / "00-start.ipynb").cells[2].outputs, [])

    def test_dead_kernel(self):
        self.notebook("00-start", "System.exit(3);")
        code, text = self.run_main()
        self.assertEqual(code, 3)
        self.assertIn("the kernel died", text)

    def test_time_limit_leaves_no_process(self):
        self.notebook("00-start", self.leave_process_id(), "Thread.sleep(600_000);")
        code, text = self.run_main("--timeout", "15")
        self.assertEqual(code, 4, text)
        self.assert_ended()

    def test_signals_leave_no_process(self):
        self.notebook("00-start", self.leave_process_id(), "Thread.sleep(600_000);")
        for number in (signal.SIGTERM, signal.SIGKILL):
            (self.root / "pid").unlink(missing_ok=True)
            runner = subprocess.Popen(
                [sys.executable, str(HERE / "run_notebooks.py"), "--root", str(self.root)], stdout=subprocess.DEVNULL)
            self.kernel_process_id()
            runner.send_signal(number)
            self.assertEqual(runner.wait(30), -number if number == signal.SIGKILL else 128 + number)
            self.assert_ended()

    def leave_process_id(self):
        file = json.dumps(str(self.root / "pid"))
        return f"java.nio.file.Files.writeString(java.nio.file.Path.of({file}), ProcessHandle.current().pid() + \"\\n\");"

    def kernel_process_id(self):
        file = self.root / "pid"
        end = time.monotonic() + KERNEL_PATIENCE
        while not (file.is_file() and file.read_text().endswith("\n")):
            self.assertLess(time.monotonic(), end, "the kernel did not run its first cell")
            time.sleep(0.1)
        return int(file.read_text())

    def assert_ended(self):
        process = self.kernel_process_id()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                return
            if self.is_zombie(process):
                return
            time.sleep(0.1)
        self.fail(f"the kernel's JVM {process} is still there")

    @staticmethod
    def is_zombie(process):
        """Ended, but its parent has not asked yet (containers without an init process)."""
        try:
            return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return False


class LauncherTest(unittest.TestCase):
    """The launcher without any set-up."""

    def launch(self, *arguments, **environment):
        return subprocess.run(
            [str(HERE.parent / "engram"), *arguments], env={**os.environ, **environment}, cwd="/",
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def test_help(self):
        done = self.launch()
        self.assertEqual(done.returncode, 0)
        for name in ("lab", "reproduce", "generate", "perplexity", "chat", "tokenize", "bench", "setup", "check", "test", "clean"):
            self.assertRegex(done.stdout, rf"\b{name}\b")

    def test_help_does_nothing_else(self):
        for name in ("setup", "check", "clean"):
            done = self.launch(name, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith(f"Usage: ./engram {name}\n"), done.stdout)
            self.assertNotIn("  ok ", done.stdout)
            wrong = self.launch(name, "everything")
            self.assertEqual((wrong.returncode, wrong.stdout), (2, ""))
            self.assertEqual(wrong.stderr, f"engram: {name} takes no option, but 'everything' was given; leave it out.\n")

    def test_check_says_each_thing_once(self):
        rows = [line.split()[0] for line in self.launch("check").stdout.splitlines() if line.startswith("  ") and "->" not in line]
        self.assertEqual(len(rows), len(set(rows)), rows)
        for name in ("java", "load", "memory", "disk", "model"):
            self.assertIn(name, rows)

    def test_old_java_is_one_sentence(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "bin").mkdir()
            (Path(folder) / "release").write_text('JAVA_VERSION="1.8.0_302"\n')
            (Path(folder) / "bin" / "java").write_text("#!/bin/sh\nexit 1\n")
            (Path(folder) / "bin" / "java").chmod(0o755)
            done = self.launch("generate", JAVA_HOME=folder)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"^engram: Java 8 was found in .*, but Engram needs a JDK 17 or newer;.*\n$")

    def test_unknown_option(self):
        done = self.launch("test", "--fast")
        self.assertEqual((done.returncode, done.stderr), (2, "engram: test knows only the option --long, not '--fast'.\n"))

    def test_symbolic_link(self):
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder) / "a link"
            link.symlink_to(HERE.parent / "engram")
            done = subprocess.run([str(link)], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
