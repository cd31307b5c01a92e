"""Walks README's five-minute tour in a fresh clone, as a stranger would, and notes how long every command takes.

Usage, in a checkout whose changes are committed: python3 environment/tour.py [--save]
The commands are read from README.md, the block after <!-- tour -->. --save writes results/tour/quick/rows.csv, from which
./engram pages makes README's table. Exit code 1 when a command fails.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine
import rows as rows_file

ROOT = Path(__file__).resolve().parent.parent


def commands(readme):
    """The lines of the block of code after the mark."""
    block = re.search(r"<!-- tour -->\n```\n(.*?)```", readme, re.DOTALL)
    if block is None:
        sys.exit("engram: README.md has no block of code after <!-- tour -->.")
    return [line for line in block.group(1).splitlines() if line.strip()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--save", action="store_true", help="write results/tour/quick/rows.csv")
    chosen = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="engram-tour-") as folder:
        clone = Path(folder) / "engram"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        for command in commands((clone / "README.md").read_text(encoding="utf-8")):
            print(f"$ {command}", flush=True)
            load, begun = os.getloadavg()[0], time.monotonic()
            code = subprocess.run(["bash", "-c", command], cwd=clone, stdin=subprocess.DEVNULL).returncode
            seconds = time.monotonic() - begun
            print(f"  [{seconds:.1f} s, code {code}]", flush=True)
            rows.append({"command": command, "seconds": round(seconds, 1), "load": round(load, 2), **machine.stamp()})
            if code != 0:
                return 1
    if chosen.save:
        rows_file.save("tour", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
