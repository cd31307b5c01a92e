"""Times of the stages of `./engram test` and of its slowest test classes.

Without an option prints the slowest classes of the run that is under target/; with --save keeps both under
results/ci/full, from which tables can be made: rows.csv (stage, seconds, status) and tests.csv (class, tests, seconds).
"""

import argparse
import csv
import datetime
import json
import os
import pathlib
import platform
import sys
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAGES = ROOT / "target" / "ci" / "stages.csv"
REPORTS = ROOT / "target" / "surefire-reports"
RESULTS = ROOT / "results" / "ci" / "full"


def test_classes():
    """(class, tests, seconds) of every report, the slowest first."""
    rows = []
    for file in REPORTS.glob("TEST-*.xml"):
        suite = xml.parse(file).getroot()
        rows.append((suite.get("name"), int(suite.get("tests")), float(suite.get("time").replace(",", ""))))
    return sorted(rows, key=lambda row: -row[2])


def stages():
    if not STAGES.exists():
        return []
    with open(STAGES, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def replace(path, write):
    """Writes beside the file and moves it into place."""
    scratch = path.with_name("." + path.name + ".new")
    with open(scratch, "w", newline="", encoding="utf-8") as file:
        write(file)
    os.replace(scratch, path)


def table(path, header, rows):
    def write(file):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)

    replace(path, write)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--save", action="store_true", help="keep the times under results/ci/full")
    save = parser.parse_args().save
    classes = test_classes()
    if not classes:
        sys.exit("No test reports under target/surefire-reports; run ./engram test first.")
    print(f"Slowest of {len(classes)} test classes:")
    for name, tests, seconds in classes[:15]:
        print(f"  {name.removeprefix('dev.engram.'):50} {tests:4d} tests {seconds:7.1f} s")
    if not save:
        return
    if not stages():
        sys.exit("No times of stages under target/ci; run ./engram test first.")
    RESULTS.mkdir(parents=True, exist_ok=True)
    table(RESULTS / "rows.csv", ["stage", "seconds", "status"], stages())
    table(RESULTS / "tests.csv", ["class", "tests", "seconds"], classes)
    run = {
        "experiment": "ci",
        "profile": "full",
        "machine": {"os": f"{platform.system()} {platform.release()}", "cores": os.cpu_count()},
        "ended": datetime.datetime.fromtimestamp(STAGES.stat().st_mtime, datetime.timezone.utc).isoformat(timespec="seconds"),
    }
    replace(RESULTS / "run.json", lambda file: file.write(json.dumps(run, indent=2) + "\n"))
    print(f"kept under {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
