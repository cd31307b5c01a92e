"""One notebook on one kernel: executed in a thread, watched from outside, with no process left behind."""

import atexit
import os
import signal
import subprocess
import tempfile
import threading
import time

import nbclient
from nbclient.exceptions import CellExecutionError, DeadKernelError

STARTUP_SECONDS = 120
SHOWN_LINES = 8


class Stopped(BaseException):
    """A signal asked the runner to end; the attribute is the signal's number."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


class Client(nbclient.NotebookClient):
    """Remembers the kernel's process group: JJava's launcher and the JVM that it starts are both in it."""

    group = None
    guard = None
    log_file = None

    async def async_start_new_kernel(self, **options):
        self.log_file = tempfile.TemporaryFile()  # what the JVM itself says, such as why it crashed
        await super().async_start_new_kernel(stderr=self.log_file, **options)
        self.group = self.km.provisioner.pgid
        # Ends the kernel should this process be killed: the pipe then closes and read fails.
        self.guard = subprocess.Popen(
            ["sh", "-c", f"read -r ok || kill -s KILL -- -{self.group}"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def end_kernel(self):
        if self.group is not None:
            try:
                os.killpg(self.group, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def last_words(self, count):
        """The last lines that the JVM wrote outside the notebook, without the launcher's own."""
        if self.log_file is None:
            return []
        self.log_file.seek(0)
        lines = self.log_file.read().decode(errors="replace").splitlines()
        self.log_file.close()
        return [line for line in lines if line.strip() and " KernelLauncher] " not in line][-count:]

    def dismiss_guard(self):
        if self.guard is not None:
            try:
                self.guard.communicate(b"done\n", timeout=5)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self.guard.kill()


class KernelRun:
    """After `execute`: `status` is ok, failed, died or timeout, `cell` the index of the last cell started."""

    def __init__(self, notebook, folder, timeout, kernel="java"):
        self.notebook = notebook
        self.timeout = timeout
        self.status = "ok"
        self.error = None
        self.cell = None
        self.seconds = 0.0
        self.last_words = []
        self._client = Client(
            notebook, timeout=None, startup_timeout=STARTUP_SECONDS, kernel_name=kernel, coalesce_streams=True,
            record_timing=False, resources={"metadata": {"path": str(folder)}}, on_cell_start=self._started)

    def _started(self, cell, cell_index):
        self.cell = cell_index

    def execute(self, progress=lambda run: None):
        """Runs all cells; `progress` is called about five times a second."""
        # Not in the main thread, where nbclient would take over the signals and wait for a kernel that never answers.
        worker = threading.Thread(target=self._work, daemon=True)
        begun = time.monotonic()
        try:
            worker.start()
            while worker.is_alive():
                worker.join(0.2)
                self.seconds = time.monotonic() - begun
                if self.seconds > self.timeout and worker.is_alive():
                    self._client.end_kernel()
                    worker.join(20)
                    self.status = "timeout"
                    break
                progress(self)
        finally:
            self._client.end_kernel()
            worker.join(20)
            # The kernel is gone already; a second attempt at exit would only print an error.
            atexit.unregister(self._client._cleanup_kernel)
            self._client.dismiss_guard()
            self.last_words = self._client.last_words(SHOWN_LINES)

    def _work(self):
        try:
            self._client.execute()
        except CellExecutionError as error:
            self._note("failed", error)
        except DeadKernelError as error:
            self._note("died", error)
        except Exception as error:  # a kernel that never starts comes as RuntimeError
            self._note("died", error)

    def _note(self, status, error):
        self.status, self.error = status, error
