"""Notebook files: what identifies a notebook's source, and the form in which one is saved."""

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path

import nbformat

KEPT_LANGUAGE_INFO = ("name", "file_extension", "mimetype", "codemirror_mode", "pygments_lexer")
PICTURES = ("image/png", "image/jpeg", "image/gif", "application/pdf")


def read(path):
    return nbformat.read(path, as_version=4)


def source_hash(notebook):
    """Changes when a cell's kind, text or tags change; outputs do not count."""
    parts = [[cell.cell_type, cell.source, cell.metadata.get("tags", [])] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def normalise(notebook, root):
    """A copy without machine paths, timings and other things that change from run to run."""
    clean = nbformat.from_dict(json.loads(json.dumps(notebook)))
    clean.nbformat, clean.nbformat_minor = 4, 5
    language = clean.metadata.get("language_info", {})
    clean.metadata = nbformat.from_dict({
        **{key: value for key, value in clean.metadata.items() if key not in ("widgets", "signature")},
        "kernelspec": {"display_name": "Java", "language": "java", "name": "java"},
        "language_info": {key: language[key] for key in KEPT_LANGUAGE_INFO if key in language},
    })
    seen = set()
    for index, cell in enumerate(clean.cells):
        if not cell.get("id") or cell["id"] in seen:
            cell["id"] = f"cell-{index:03d}"
        seen.add(cell["id"])
        for key in ("execution", "collapsed", "scrolled"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            hide_paths(output, root)
    return clean


def hide_paths(output, root):
    """Replaces the checkout's and the home folder in an output's texts; pictures stay as they are."""
    for key, value in output.items():
        if key in PICTURES:
            continue
        if isinstance(value, dict):
            hide_paths(value, root)
        elif isinstance(value, str):
            output[key] = without_paths(value, root)
        elif isinstance(value, list):
            output[key] = [without_paths(item, root) if isinstance(item, str) else item for item in value]


def without_paths(text, root):
    text = text.replace(f"{root}/", "").replace(str(root), ".")
    home = os.path.expanduser("~").rstrip("/")
    return re.sub(rf"(?<![\w.~/-]){re.escape(home)}(?=[/\s\"'),;:]|$)", "~", text) if home else text


def write(notebook, path):
    """Written to a temporary file first, so that a reader never sees half a notebook."""
    text = nbformat.writes(notebook, version=nbformat.NO_CONVERT)
    write_text(text if text.endswith("\n") else text + "\n", path)


def write_text(text, path):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
