"""HTML copies of notebooks for reading: pictures inside, links between the copies, an index page. Nothing is run.

Called by ./engram html for the outputs saved in notebooks/, and by the runner (--html) for the copies it executed. The pages
open without a server; formulas need a connection, because MathJax comes from the net.
"""

import argparse
import csv
import html
import os
import re
import sys
from pathlib import Path

import notebook_file

LINK = re.compile(r'(<(?:a|img)\b[^>]*?\b(?:href|src)=")([^"#:?]+)((?:#[^"]*)?")')


def page(notebook, title):
    """A notebook as one page; its Markdown links are still those of the notebook."""
    from nbconvert import HTMLExporter  # slow to import, so only on request
    return HTMLExporter().from_notebook_node(notebook, resources={"metadata": {"name": title}})[0]


def relinked(text, source, target, copies):
    """Links between notebooks lead to their copies, all others to the files beside the notebook.

    source: the notebook; target: its copy; copies: from notebook to copy, all absolute paths
    """
    def link(match):
        to = Path(os.path.normpath(source.parent / match.group(2)))
        if to.name == "README.md" and to.parent == source.parent:
            to = target.parent / "index.html" if source.parent.name != "solutions" else to
        else:
            to = copies.get(to, to)
        return match.group(1) + os.path.relpath(to, target.parent) + match.group(3)
    return LINK.sub(link, text)


def write(notebook, source, target, copies):
    notebook_file.write_text(relinked(page(notebook, source.stem), source, target, copies), target)


def copies_of(folder, out):
    """The copy of every notebook below a folder."""
    notebooks = sorted(folder.glob("*.ipynb")) + sorted(folder.glob("solutions/*.ipynb"))
    return {source: out / source.relative_to(folder).with_suffix(".html") for source in notebooks}


def write_index(root, copies, out):
    """The notebooks in the course's order, with what they are about, and their solutions."""
    about = {}
    listed = root / "data" / "notebooks.csv"
    if listed.is_file():
        with open(listed, encoding="utf-8", newline="") as file:
            about = {row["notebook"]: row["about"] for row in csv.DictReader(file)}
    there = {target.relative_to(out) for target in copies.values() if target.is_file()}
    rows = []
    for name in sorted(path for path in there if path.parent == Path(".")):
        solution = Path("solutions") / name
        more = f'<a href="{solution.as_posix()}">solutions</a>' if solution in there else ""
        rows.append(f'<tr><td><a href="{name}">{html.escape(name.stem)}</a></td>'
                    f"<td>{html.escape(about.get(name.stem, ''))}</td><td>{more}</td></tr>")
    notebook_file.write_text(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Engram: notebooks</title><style>'
        "body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
        "td{vertical-align:top;padding:.4em .8em .4em 0}</style></head><body><h1>Engram: the notebooks</h1>"
        "<p>Copies for reading, with the outputs of a run. To run them yourself: <code>./engram lab</code>.</p>"
        f"<table>{''.join(rows)}</table></body></html>\n", out / "index.html")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="./engram html",
        description="Writes the notebooks with their saved outputs as pages for reading, with an index. Nothing is run.")
    parser.add_argument("--out", type=Path, help="folder of the pages (default: target/html)")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    root = chosen.root.resolve()
    out = (chosen.out or root / "target" / "html").resolve()
    copies = copies_of(root / "notebooks", out)
    try:
        for source, target in copies.items():
            write(notebook_file.read(source), source, target, copies)
            print(target.relative_to(out), flush=True)
        write_index(root, copies, out)
    except OSError as error:
        print(f"engram: {error.filename or out} could not be written: {error.strerror}.", file=sys.stderr)
        return 2
    print(f"Open {out / 'index.html'} in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
