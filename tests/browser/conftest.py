"""JupyterLab on loopback and Chromium, once for all tests here; no page asks the network for anything."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Without these, Chromium looks for its makers at every start.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUIET = '{"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}'
# What `Run All Cells` needs before it may be asked for; earlier, a dialog asks for a kernel and waits forever.
READY_THEN_RUN = """async (finish) => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  while (panel.sessionContext.session?.kernel?.status !== 'idle') await new Promise(r => setTimeout(r, 50));
  const run = app.commands.execute('notebook:run-all-cells');
  if (finish) await run;
}"""

SAVE_WHEN_IDLE = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  while (panel.sessionContext.session.kernel.status !== 'idle') await new Promise(r => setTimeout(r, 50));
  await panel.context.save();
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


def _chromium() -> str:
    found = os.environ.get("ORGKIT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("ORGKIT_BROWSER_REQUIRED"):
            pytest.fail("no Chromium, and ORGKIT_BROWSER_REQUIRED is set", pytrace=False)
        pytest.skip("no Chromium; install it or set ORGKIT_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    executable = _chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address and the folder it serves."""

    address: str
    work: Path
    home: Path


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("jupyter")
    work = home / "work"
    work.mkdir()
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(QUIET)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folders = {
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {name: str(home / folder) for name, folder in folders.items()}
    command = [
        *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={port}", "--port-retries=0", "--IdentityProvider.token="),
        *("--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={work}", "--LabApp.expose_app_in_browser=True"),
    ]
    log = home / "lab.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api/status", process, log)
        yield Lab(address, work, home)
        process.terminate()
        process.wait(20)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            continue
        return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}", pytrace=False)


@dataclass
class Opened:
    """A notebook open in JupyterLab, all of its cells asked to run."""

    page: Any
    address: str
    path: str

    def cells(self) -> list[dict[str, Any]]:
        """The code cells as JupyterLab saves them, once the kernel is idle."""
        self.page.evaluate(SAVE_WHEN_IDLE)
        with urllib.request.urlopen(f"{self.address}/api/contents/{self.path}") as answer:
            content = json.load(answer)["content"]
        return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


@pytest.fixture
def open_notebook(lab: Lab, browser: Any) -> Iterator[Any]:
    pages = []

    def opened(source: Path, *, finish: bool = True) -> Opened:
        """`finish` False does not wait until the cells have run."""
        folder = lab.work / source.parent.name
        folder.mkdir(exist_ok=True)
        shutil.copy(source, folder)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        strangers: list[str] = []
        page.on(
            "request", lambda r: None if r.url.startswith((lab.address, "data:", "blob:")) else strangers.append(r.url)
        )
        path = f"{folder.name}/{source.name}"
        page.goto(f"{lab.address}/lab/tree/{path}?reset")
        page.wait_for_function(
            "window.jupyterapp && document.querySelector('.jp-Notebook .jp-CodeCell')", timeout=60_000
        )
        page.evaluate(READY_THEN_RUN, finish)
        pages.append((page, strangers))
        return Opened(page, lab.address, path)

    yield opened
    for page, strangers in pages:
        page.close()
        assert not strangers, f"the page asked the network for {strangers[:3]}"
    _stop_kernels(lab)


def _stop_kernels(lab: Lab) -> None:
    for kernel in json.load(urllib.request.urlopen(f"{lab.address}/api/kernels")):
        request = urllib.request.Request(f"{lab.address}/api/kernels/{kernel['id']}", method="DELETE")
        urllib.request.urlopen(request).close()
