"""The designer in JupyterLab: between a real kernel and a real browser, by hand."""

from __future__ import annotations

import json
import time
import urllib.request

import jupyter_client
import pytest

from tests.browser.contrast import FAINT

CELLS = [
    "import orgkit\norg = orgkit.load('starter')\nfor _ in org.history: org.undo()",
    "designer = orgkit.Designer(org)\ndesigner",
]
DROP = '.orgkit-row[data-node="ou:Sandbox"]'
SHOP = '.orgkit-row[data-node="account:app-b-prod"]'
WHERE = "org.path('account:app-b-prod')"


class Kernel:
    """Asks the notebook's own kernel."""

    def __init__(self, lab, path: str) -> None:
        sessions = json.load(urllib.request.urlopen(f"{lab.address}/api/sessions"))
        kernel = next(session["kernel"]["id"] for session in sessions if session["path"] == path)
        self.client = jupyter_client.BlockingKernelClient(
            connection_file=str(lab.home / "runtime" / f"kernel-{kernel}.json")
        )
        self.client.load_connection_file()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)

    def value(self, expression: str) -> str:
        reply = self.client.execute("", silent=True, user_expressions={"it": expression}, reply=True, timeout=20)
        answer = reply["content"]["user_expressions"]["it"]
        assert answer["status"] == "ok", answer
        return str(answer["data"]["text/plain"])

    def until(self, expression: str, value: str) -> None:
        end = time.monotonic() + 15
        while (got := self.value(expression)) != value:
            assert time.monotonic() < end, f"{expression} is {got}, not {value}"

    def run(self, code: str) -> None:
        self.client.execute(code, reply=True, timeout=20)


@pytest.fixture
def shown(lab, open_notebook, tmp_path, request):
    """A notebook with a designer in it, its kernel beside it."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for i, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    file = tmp_path / f"{request.node.name}.ipynb"
    file.write_text(json.dumps(content))
    opened = open_notebook(file)
    opened.page.wait_for_selector(".orgkit[data-ready]", timeout=30_000)
    kernel = Kernel(lab, opened.path)
    yield opened, kernel
    kernel.client.stop_channels()


def drag(page, start=SHOP, to=DROP):
    page.locator(start).scroll_into_view_if_needed()
    page.locator(start).hover()
    page.mouse.down()
    box = page.locator(to).bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 12, steps=5)
    page.mouse.up()


def test_the_kernel_is_edited_by_dragging_and_the_page_follows_cells(shown):
    opened, kernel = shown
    drag(opened.page)
    kernel.until(WHERE, "'Sandbox/app-b-prod'")
    opened.page.wait_for_selector(".orgkit-strip h4")
    kernel.run("org.undo(); org.rename('app-b-prod', 'renamed')")
    opened.page.wait_for_selector(f"{SHOP} >> text=renamed")
    assert kernel.value(WHERE) == "'Workloads/Production/app-b-prod'"


def test_keys_go_to_the_tree_and_not_to_the_notebook(shown):
    opened, kernel = shown
    cells = opened.page.locator(".jp-Cell").count()
    opened.page.locator(SHOP).click()
    for key in ("a", "b", "d", "d", "F2"):
        opened.page.keyboard.press(key)
    opened.page.keyboard.insert_text("renamed")
    opened.page.keyboard.press("Enter")
    kernel.until("len(org.history)", "1")
    opened.page.keyboard.press("Control+z")
    kernel.until("len(org.history)", "0")
    assert opened.page.locator(".jp-Cell").count() == cells


def test_reloading_the_page_loses_nothing(shown):
    opened, kernel = shown
    drag(opened.page)
    kernel.until(WHERE, "'Sandbox/app-b-prod'")
    opened.cells()  # saves
    opened.page.reload()
    opened.page.wait_for_selector(".orgkit[data-ready]", timeout=60_000)
    assert opened.page.locator(SHOP).get_attribute("aria-level") == "3"
    assert opened.page.locator(SHOP).get_attribute("aria-selected") == "true"
    assert "move" in opened.page.locator(".orgkit-strip h4").inner_text()
    drag(opened.page, to='.orgkit-row[data-node="ou:Security"]')
    kernel.until(WHERE, "'Security/app-b-prod'")


RUN_AGAIN = """async () => {
  const kernel = () => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel;
  while (kernel()?.status !== 'idle') await new Promise(r => setTimeout(r, 50));
  await window.jupyterapp.commands.execute('notebook:run-all-cells');
}"""


def test_a_kernel_restarted_in_the_middle_is_told_and_takes_no_edit_along(shown):
    opened, kernel = shown
    drag(opened.page)
    kernel.until(WHERE, "'Sandbox/app-b-prod'")
    opened.page.wait_for_selector(".orgkit-strip h4")
    opened.page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"
    )
    opened.page.wait_for_selector(".orgkit-banner >> text=The kernel that held this design is gone", timeout=20_000)
    drag(opened.page, to='.orgkit-row[data-node="ou:Security"]')
    assert opened.page.locator(SHOP).get_attribute("aria-level") == "3"
    assert opened.page.locator(".orgkit button:enabled").count() == 0
    opened.page.evaluate(RUN_AGAIN)
    living = opened.page.locator(".orgkit[data-ready]:not(.orgkit-gone)")
    living.wait_for(timeout=30_000)
    assert "1 edit was not saved" in living.locator(".orgkit-strip").inner_text()
    kernel.client.wait_for_ready(timeout=30)
    assert kernel.value(WHERE) == "'Workloads/Production/app-b-prod'"
    living.get_by_role("button", name="Make again").click()
    kernel.until(WHERE, "'Sandbox/app-b-prod'")


def test_reading_the_file_again_by_running_the_cells_again_loses_nothing(shown):
    opened, kernel = shown
    drag(opened.page)
    kernel.until(WHERE, "'Sandbox/app-b-prod'")
    opened.page.evaluate(RUN_AGAIN)
    opened.page.get_by_role("button", name="Make again").click()
    kernel.until(WHERE, "'Sandbox/app-b-prod'")
    kernel.until("[edit.label for edit in org.history]", "['move Workloads/Production/app-b-prod to Sandbox']")


def test_it_wears_the_theme_of_the_lab_and_every_word_can_be_read_in_it(shown):
    opened, kernel = shown
    drag(opened.page)
    kernel.until(WHERE, "'Sandbox/app-b-prod'")

    def look(theme: str, light: bool) -> str:
        opened.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        opened.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(light).lower()}'")
        for panel in ("details", "guardrails", "decision", "cost", "problems", "compare", "history", "save"):
            opened.page.locator(f"[data-tab={panel}]").click()
            opened.page.wait_for_selector(f"[data-tab={panel}][aria-selected=true]")
            assert opened.page.evaluate(FAINT) == [], (theme, panel)
        return str(opened.page.evaluate("getComputedStyle(document.querySelector('.orgkit')).backgroundColor"))

    dark = look("JupyterLab Dark", False)
    assert look("JupyterLab Light", True) == "rgb(255, 255, 255)"
    assert sum(int(part) for part in dark.removeprefix("rgb(").removesuffix(")").split(",")) < 3 * 64
