"""Opens a notebook in JupyterLab in a real browser without a window, runs all its cells and looks at the result.

Usage (through ./engram test, or by hand with the project's Python after ./engram setup):
    .engram/venv/bin/python environment/browser_test.py [--if-available] [--screenshots FOLDER] NOTEBOOK

Checks: every code cell gets a number, no cell shows an error, every picture is really drawn. Needs Chromium (Debian:
apt-get install chromium), driven over its DevTools protocol. The notebook is copied first, so it is not changed.
Exit codes: 0 passed or (with --if-available) skipped, 1 failed, 2 no browser or no notebook.
"""

import argparse
import base64
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import websocket

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_SECONDS = 120
RUN_SECONDS = 600
WIDTH, HEIGHT, TALLEST = 1280, 1000, 16000
RAN_ALL = """(() => {
  const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')]
      .filter(cell => cell.querySelector('.jp-InputArea-editor')?.textContent.trim())
      .map(cell => cell.querySelector('.jp-InputPrompt').textContent);
  return prompts.length > 0 && prompts.every(text => /\\[\\d+\\]/.test(text));
})()"""
REPORT = """(() => {
  const all = (selector) => [...document.querySelectorAll('.jp-Notebook ' + selector)];
  return {
    cells: all('.jp-CodeCell').length,
    pictures: all('.jp-OutputArea img').length,
    blank: all('.jp-OutputArea img').filter(i => !(i.complete && i.naturalWidth > 0)).length,
    tables: all('.jp-OutputArea table').length,
    height: Math.max(...all('.jp-Cell').map(cell => cell.getBoundingClientRect().bottom)),
  };
})()"""


class Failed(Exception):
    pass


class Page:
    """A browser tab, spoken to in the DevTools protocol."""

    def __init__(self, address):
        self._socket = websocket.create_connection(address, timeout=60, suppress_origin=True)
        self._number = 0

    def call(self, method, **parameters):
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise Failed(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise Failed(result["exceptionDetails"]["exception"].get("description", "script error"))
        return result["result"].get("value")

    def wait(self, what, expression, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.value(expression):
                return
            time.sleep(0.3)
        raise Failed(f"{what}: not seen within {seconds} s.")

    def click(self, selector, text):
        """A real mouse click on the element with this text."""
        find = (f"(() => {{ const e = [...document.querySelectorAll({json.dumps(selector)})]"
                f".find(e => e.textContent.trim().startsWith({json.dumps(text)})); if (!e) return null;"
                "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        self.wait(f"'{text}' to click on", find, 20)
        x, y = self.value(find)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def size(self, height):
        self.call("Emulation.setDeviceMetricsOverride", width=WIDTH, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


def find_browser():
    named = os.environ.get("ENGRAM_BROWSER")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


def wait_for(what, process, probe):
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        found = probe()
        if found:
            return found
        if process.poll() is not None:
            raise Failed(f"{what} ended at once with code {process.returncode}; its output is shown above.")
        time.sleep(0.2)
    raise Failed(f"{what} did not answer within {START_SECONDS} s.")


def start(command, **options):
    """Starts a program as a process group of its own, so that `end` reaches its children too."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)


def end(process):
    for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def start_lab(folder, log):
    """JupyterLab on a free port of this machine, with the project's kernel and scratch settings."""
    jupyter = ROOT / ".engram" / "jupyter"
    settings = folder / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    # Draw every cell, also those out of sight: the checks look at all of them.
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    shutil.copytree(jupyter / "config", folder / "config")
    token = secrets.token_hex(24)
    environment = dict(
        os.environ, JUPYTER_PATH=str(jupyter), JUPYTER_CONFIG_DIR=str(folder / "config"),
        JUPYTER_DATA_DIR=str(folder / "data"), JUPYTER_RUNTIME_DIR=str(folder / "runtime"),
        IPYTHONDIR=str(folder / "ipython"), JUPYTERLAB_SETTINGS_DIR=str(folder / "settings"),
        JUPYTERLAB_WORKSPACES_DIR=str(folder / "workspaces"), JUPYTER_TOKEN=token, ENGRAM_PROFILE="quick")
    process = start(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root",
         f"--ServerApp.root_dir={folder / 'notebooks'}"], env=environment, stdout=log, stderr=log)

    def address():
        for file in (folder / "runtime").glob("jpserver-*.json"):
            try:
                url = json.loads(file.read_text())["url"]
                request = urllib.request.Request(f"{url}api/status", headers={"Authorization": f"token {token}"})
                urllib.request.urlopen(request, timeout=5).close()
                return url
            except (OSError, ValueError):
                return None
        return None

    return process, address, token


def stop_kernels(url, token):
    headers = {"Authorization": f"token {token}"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}api/kernels", headers=headers), timeout=10) as answer:
        kernels = json.load(answer)
    for kernel in kernels:
        request = urllib.request.Request(f"{url}api/kernels/{kernel['id']}", headers=headers, method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()


def start_browser(program, folder, log):
    command = [program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder / 'browser'}",
               "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    if os.geteuid() == 0:
        command.append("--no-sandbox")  # Chromium refuses to run as root otherwise, as in a container
    process = start(command + ["about:blank"], stdout=log, stderr=log)
    port_file = folder / "browser" / "DevToolsActivePort"

    def page():
        if not port_file.is_file() or not port_file.read_text().strip():
            return None
        port = port_file.read_text().split()[0]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as answer:
                return next((tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page"), None)
        except (OSError, ValueError):
            return None

    return process, page


def first_error(path):
    """Read from the saved file: on the page JJava's errors look the same as a text on the error stream."""
    deadline = time.monotonic() + 20
    while True:
        cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
        if all(cell["execution_count"] for cell in cells if "".join(cell["source"]).strip()):
            break
        if time.monotonic() > deadline:
            raise Failed("the notebook was not saved after its run.")
        time.sleep(0.3)
    errors = [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"]
    return f"{errors[0]['ename']}: {errors[0]['evalue']}" if errors else None


def run_in(page, url, token, saved, picture):
    page.size(HEIGHT)
    page.call("Emulation.setFocusEmulationEnabled", enabled=True)
    page.call("Page.navigate", url=f"{url}lab/tree/{saved.name}?reset&token={token}")
    page.wait("the notebook", "document.querySelectorAll('.jp-Notebook .jp-CodeCell').length > 0", START_SECONDS)
    page.click(".lm-TabBar-tabLabel", saved.name)  # the status bar speaks of the tab in use
    page.wait("the Java kernel ready", "document.body.innerText.includes('| Idle')", START_SECONDS)
    page.click(".lm-MenuBar-itemLabel", "Run")
    page.click(".lm-Menu-itemLabel", "Run All Cells")
    page.wait("a number at every code cell", RAN_ALL, RUN_SECONDS)
    page.wait("the Java kernel idle again", "document.body.innerText.includes('| Idle')", RUN_SECONDS)
    page.click(".lm-MenuBar-itemLabel", "File")
    page.click(".lm-Menu-itemLabel", "Save Notebook")
    # Scroll from the top and make the window as tall as the notebook, so that one screenshot shows all of it.
    page.value("document.querySelector('.jp-WindowedPanel-outer')?.scrollTo(0, 0)")
    page.size(min(TALLEST, int(page.value(REPORT)["height"]) + 120))
    time.sleep(1)
    page.screenshot(picture)
    report = page.value(REPORT)
    error = first_error(saved)
    if error:
        raise Failed(f"a cell shows an error: {error}")
    if report["blank"]:
        raise Failed(f"{report['blank']} of {report['pictures']} pictures are not drawn.")
    return report, picture


def check(program, notebook, screenshots):
    with tempfile.TemporaryDirectory(prefix="engram-browser-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # A fresh copy beside nothing else: JupyterLab saves by itself.
        (folder / "notebooks").mkdir()
        shutil.copy(notebook, folder / "notebooks")
        log = open(folder / "log", "w+b")
        processes = []
        try:
            lab, address, token = start_lab(folder, log)
            processes.append(lab)
            browser, tab = start_browser(program, folder, log)
            processes.append(browser)
            url = wait_for("JupyterLab", lab, address)
            try:
                page = Page(wait_for("The browser", browser, tab))
                picture = screenshots / (notebook.stem + ".png")
                try:
                    return run_in(page, url, token, folder / "notebooks" / notebook.name, picture)
                except Failed:
                    page.screenshot(picture.with_suffix(".failed.png"))
                    raise
            finally:
                stop_kernels(url, token)
        except Exception:
            log.seek(0)
            text = log.read().decode(errors="replace").replace(token, "TOKEN")
            lines = [line for line in text.splitlines() if "dbus" not in line]
            print("\n".join(lines[-20:]), file=sys.stderr)
            raise
        finally:
            for process in reversed(processes):
                end(process)
            log.close()


def main():
    parser = argparse.ArgumentParser(description="Runs a notebook in JupyterLab in a real browser.")
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--if-available", action="store_true", help="skip when there is no browser or notebook")
    parser.add_argument("--screenshots", type=Path, default=ROOT / "results" / "notebooks" / "browser")
    chosen = parser.parse_args()
    program = find_browser()
    missing = None
    if not chosen.notebook.is_file():
        missing = f"there is no notebook {chosen.notebook.name}"
    elif program is None:
        missing = "no Chromium was found (Debian: apt-get install chromium; or name one in ENGRAM_BROWSER)"
    if missing:
        print(f"Browser test {'skipped' if chosen.if_available else 'not possible'}: {missing}.")
        return 0 if chosen.if_available else 2

    def stop(number, frame):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    begun = time.monotonic()
    try:
        report, picture = check(program, chosen.notebook, chosen.screenshots)
    except (Failed, OSError, websocket.WebSocketException, urllib.error.URLError) as error:
        print(f"Browser test of {chosen.notebook.name} FAILED: {error}")
        return 1
    print(f"Browser test of {chosen.notebook.name}: {report['cells']} code cells ran, {report['pictures']} pictures and "
          f"{report['tables']} tables visible, no errors, {time.monotonic() - begun:.0f} s. Screenshot: {picture}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
