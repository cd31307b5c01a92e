"""Rows that a measurement keeps under results/."""

import csv
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "results"


def save(experiment, rows):
    """Writes results/EXPERIMENT/quick/rows.csv beside the old one and moves it into place."""
    target = RESULTS / experiment / "quick" / "rows.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with open(part, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    part.replace(target)
