"""How fast the designer is in a browser: `python -m benchmarks.designer` prints figures and targets.

Chromium, headless, the module with the real controller behind it; what JupyterLab adds between them is one message
each way. The designs are generated: an OU for every 40 accounts, guardrails on the upper OUs, a cost for every account.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orgkit
from orgkit.design import Organization
from orgkit.notebook.browser import module, styles
from orgkit.notebook.designer import Controller
from orgkit.notebook.designer.widget import PARTS
from tests.browser.harness import MODEL
from tests.notebook.designs import many
from tests.provision.live import as_live

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# Frames while the tree is scrolled by a row and a half at a time, from the top on.
SCROLL = """async () => {
  const tree = document.querySelector('.orgkit-tree');
  const frames = [];
  let last = await new Promise(requestAnimationFrame);
  for (let i = 0; i < 200; i++) {
    tree.scrollTop += 36 * 4;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)];
}"""
# From the message of the drop to the frame in which tree, panel, consequences and problems show what came of it.
DROP = """async ([node, to]) => {
  const start = performance.now();
  const strip = document.querySelector('.orgkit-strip');
  const before = strip.textContent;
  await window.model.send({ type: 'move', nodes: [node], to, number: 1e6 });
  while (strip.textContent === before) await new Promise(requestAnimationFrame);
  while (document.querySelector('[data-tab=problems]').textContent.includes('…')) {
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""
PLANNED = """async () => {
  const start = performance.now();
  while (document.querySelector('[data-tab=plan]').textContent.includes('…')) {
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - start;
}"""


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    executable = environ.get("ORGKIT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        sys.exit("no Chromium; install it or set ORGKIT_CHROMIUM")
    orgkit.permissions(many(100))  # the catalogue is read once a kernel
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for accounts, paint, drop in ((10_000, 1.0, 300), (50_000, 3.0, None)):
            with TemporaryDirectory() as folder:
                measure(browser, many(accounts), Path(folder), accounts, paint, drop)
        browser.close()


def measure(browser: Any, org: Organization, folder: Path, accounts: int, paint: float, drop: float | None) -> None:
    """One design: first paint, scrolling, drops."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    kept: list[Controller] = []
    live = as_live(org)
    page.expose_function("beginning", lambda: json.dumps(kept[0].state()))
    page.expose_function("handle", lambda text: json.dumps(kept[0].handle(json.loads(text))))
    page.set_content(f"<!doctype html><style>{styles()}</style>")
    start = time.time()
    designer = orgkit.Designer(org, live=live, interactive=True, path=folder / "org.yaml")
    kept.append(designer.controller)
    page.evaluate(MODEL, {"source": module(*PARTS), "deaf": False})
    # The page's own clock: this process is busy with what the browser asks for once it has painted.
    told(f"{accounts:,} accounts: first paint", page.evaluate("window.painted") / 1000 - start, paint, "s")
    page.evaluate("window.handle(JSON.stringify({type: 'show', panel: 'details'}))")  # after what `ready` asked for
    page.get_by_role("button", name="Open everything").click()
    page.wait_for_function(f"document.querySelector('.orgkit-tree').scrollHeight > {accounts * 20}")
    told("    scrolling, 95th percentile of frames", page.evaluate(SCROLL), 33, "ms")
    page.evaluate(PLANNED)  # nothing is left to do from before
    spent = sorted(page.evaluate(DROP, [f"account:acct-{i}", f"ou:area-{i % 3}/unit-{i % 3}"]) for i in range(50, 62))
    told("    from a drop to all panels, problems too, median", spent[len(spent) // 2], drop, "ms")
    told("    the slowest of 12", spent[-1], drop, "ms")
    told("    from rest to the plan of them all", page.evaluate(PLANNED), None, "ms")
    page.close()


def told(words: str, value: float, target: float | None, unit: str) -> None:
    """Print a figure beside its target."""
    against = "" if target is None else f"(target {target:g} {unit}; {target / value:.1f} times as fast)"
    print(f"{words:50} {value:8.2f} {unit:3} {against}")


if __name__ == "__main__":
    main()
