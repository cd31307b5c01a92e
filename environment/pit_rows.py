"""Rows of PIT's mutation runs: reads every mutations.csv under a folder (target/pit, or the one that is given) and writes
rows.csv (class, mutants, killed) and survivors.csv (one line a mutant that no test noticed) under results/mutation-pit/full.
"""

import collections
import csv
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results" / "mutation-pit" / "full"
NOTICED = {"KILLED", "TIMED_OUT", "MEMORY_ERROR", "RUN_ERROR"}


def write(path, header, rows):
    scratch = path.with_name("." + path.name + ".new")
    with open(scratch, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    os.replace(scratch, path)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "target" / "pit"
    mutants = collections.Counter()
    killed = collections.Counter()
    survivors = []
    for file in sorted(folder.rglob("mutations.csv")):
        with open(file, newline="", encoding="utf-8") as lines:
            for _, name, mutator, method, line, status, _ in csv.reader(lines):
                name = name.removeprefix("dev.engram.")
                whole = name.split("$")[0]
                mutants[whole] += 1
                if status in NOTICED:
                    killed[whole] += 1
                else:
                    survivors.append([name, method, int(line), mutator.rsplit(".", 1)[1], status])
    if not mutants:
        sys.exit(f"No mutations.csv under {folder}; run PIT first, as CONTRIBUTING.md says.")
    RESULTS.mkdir(parents=True, exist_ok=True)
    rows = [[name.split(".")[0], name, mutants[name], killed[name]] for name in sorted(mutants)]
    write(RESULTS / "rows.csv", ["package", "class", "mutants", "killed"], rows)
    write(RESULTS / "survivors.csv", ["class", "method", "line", "mutator", "status"], sorted(survivors))
    for package in sorted({row[0] for row in rows}):
        own = [row for row in rows if row[0] == package]
        every, dead = sum(row[2] for row in own), sum(row[3] for row in own)
        print(f"{package:10} {dead:5d} of {every:5d} mutants killed, {100 * dead / every:.1f} %")


if __name__ == "__main__":
    main()
