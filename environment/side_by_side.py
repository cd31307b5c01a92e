"""Several notebooks at once, each in a process of its own with its share of the processor."""

import os
import signal
import sys
import threading
import traceback

from kernel_run import Stopped


def run(names, jobs, work):
    """Calls work(name) for every name, `jobs` at a time, and returns what it returned, a small number, in the order of the names.

    The processes that are still at work end with this one, whatever ends it.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // jobs)))
    alive = os.pipe()  # nobody writes: it closes when this process has ended
    waiting, running, results = list(reversed(names)), {}, {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                name = waiting.pop()
                running[_start(work, name, alive)] = name
            process, status = os.wait()
            results[running.pop(process)] = os.waitstatus_to_exitcode(status)
    except Stopped:
        for process in running:
            os.kill(process, signal.SIGTERM)
        for process in running:
            os.waitpid(process, 0)
        raise
    finally:
        for end in alive:
            os.close(end)
    return [results[name] for name in names]


def _start(work, name, alive):
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        os.close(alive[1])
        threading.Thread(target=_end_with_parent, args=(alive[0],), daemon=True).start()
        code = work(name)
    except Stopped as stopped:
        code = 128 + stopped.number
    except OSError as error:
        print(f"engram: {error.filename or 'A result'} could not be written: {error.strerror}.", file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # the parent's exit handlers are the parent's


def _end_with_parent(pipe):
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)
