"""Panels of their own in Chromium, without Jupyter: mouse, keyboard, screen reader."""

from __future__ import annotations

import json

import pytest

from orgkit import plan
from orgkit.cloud import connect, read
from orgkit.notebook import ApplyProgress, CostView, DecisionExplorer, PlanReview
from orgkit.notebook.browser import module, styles
from tests.browser.harness import MODEL
from tests.notebook import plans
from tests.notebook.designs import small
from tests.notebook.test_apply_progress import Gate
from tests.provision import designs


class Shown:
    """A page with one panel."""

    def __init__(self, page, panel):
        self.page, self.panel, self.faults = page, panel, []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.expose_function("beginning", lambda: json.dumps({"blocks": panel.blocks()}))
        page.expose_function("handle", self.handle)
        page.set_content(f"<!doctype html><style>{styles()}</style>")
        page.evaluate(MODEL, {"source": module(*panel.parts), "deaf": False})
        page.wait_for_selector(".orgkit[data-ready]")

    def handle(self, text):
        intent = json.loads(text)
        return "null" if intent is None else json.dumps(self.panel.handle(intent))

    def show(self):
        """What a panel tells by itself."""
        self.page.evaluate("text => window.model.answer(text)", json.dumps({"blocks": self.panel.blocks()}))

    def settled(self):
        self.page.evaluate(
            "async () => { await window.handle('null'); await new Promise(requestAnimationFrame);"
            " await new Promise(requestAnimationFrame); }"
        )

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.settled()

    def tree(self, label):
        return self.page.get_by_role("treegrid", name=label)

    def at(self, label):
        """The words of the row that the keyboard is at."""
        row = self.tree(label).get_attribute("aria-activedescendant")
        return self.page.locator(f"#{row} .orgkit-words > span").first.inner_text()


@pytest.fixture
def opened(browser):
    shown = []

    def open_panel(panel):
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        shown.append(Shown(page, panel))
        return shown[-1]

    yield open_panel
    for one in shown:
        assert one.faults == []
        one.page.close()


def test_the_explorer_asks_and_shows_the_answer(opened):
    shown = opened(DecisionExplorer(small(), "shop"))
    shown.page.locator("input[name=action]").fill("s3:DeleteBucket")
    shown.page.locator("button[type=submit]").click()
    shown.page.wait_for_selector(".orgkit-strong >> text=BLOCKED")


def test_a_click_unfolds_and_folds_a_row(opened):
    shown = opened(PlanReview(plans.starter()))
    policies = shown.tree("Steps").get_by_role("row", name="Policies")
    policies.click()
    row = shown.page.get_by_text("create SERVICE_CONTROL_POLICY sandbox-limits")
    row.wait_for()
    assert policies.get_attribute("aria-expanded") == "true"
    policies.click()
    row.wait_for(state="detached")


def test_the_keyboard_alone_walks_opens_closes_and_goes_to_a_step(opened):
    shown = opened(PlanReview(plans.starter()))
    shown.tree("Steps").focus()
    shown.press("ArrowDown", "ArrowDown")
    assert shown.at("Steps") == "Tree"
    shown.press("ArrowRight", "ArrowDown")
    assert shown.at("Steps") == "Security"
    shown.press("ArrowLeft")
    assert shown.at("Steps") == "Tree"
    shown.press("ArrowLeft", "End")
    assert shown.at("Steps") == "Budgets and cost tags"
    shown.tree("What to look at first").focus()
    shown.press("ArrowDown", "ArrowRight", "ArrowDown", "Enter")
    shown.page.wait_for_function("document.activeElement.getAttribute('aria-label') === 'Steps'")
    assert shown.at("Steps") == "move app-a-prod to Workloads/Production"


def test_a_screen_reader_finds_levels_places_and_what_is_open(opened):
    shown = opened(PlanReview(plans.starter()))
    tree = shown.tree("Steps").get_by_role("row", name="Tree")
    assert tree.get_attribute("aria-level") == "1" and tree.get_attribute("aria-expanded") == "false"
    assert tree.get_attribute("aria-posinset") == "3"
    tree.click()
    security = shown.tree("Steps").get_by_role("row", name="Security").first
    security.wait_for()
    shown.settled()
    assert shown.tree("Steps").get_by_role("row", name="Workloads").get_attribute("aria-level") == "2"


def found(shown, *words):
    """Wait until as many steps are found as have all of the words."""
    steps = plans.starter().steps
    said = [" ".join((step.text, step.why, step.place, step.operation, *step.notes)).casefold() for step in steps]
    count = sum(all(word in one for word in words) for one in said)
    assert 0 < count < len(steps)
    shown.page.locator("p", has_text=f"{count} of {len(steps)} steps").wait_for()


def test_the_words_that_are_looked_for_are_sent_while_a_person_types_and_stay(opened):
    shown = opened(PlanReview(plans.starter()))
    box = shown.page.locator("input[name=words]")
    box.press_sequentially("budget")
    shown.page.get_by_role("treegrid", name="Steps found").wait_for()
    found(shown, "budget")
    assert box.input_value() == "budget" and shown.page.evaluate("document.activeElement.name") == "words"
    box.press_sequentially(" sandbox")
    found(shown, "budget", "sandbox")
    assert shown.page.locator("input[name=words]").input_value() == "budget sandbox"
    shown.page.locator("input[name=words]").fill("")
    shown.tree("Steps").wait_for()
    shown.page.locator("select[name=kind]").select_option("create OU (6)")
    found(shown, "create ou")


def test_a_plan_is_approved_by_typing_and_a_wrong_digest_is_refused_in_words(opened):
    review = PlanReview(plans.starter())
    shown = opened(review)
    shown.page.locator("input[name=digest]").fill("yes")
    shown.page.get_by_role("button", name="Approve").click()
    shown.page.get_by_role("alert").get_by_text("not the plan's digest").wait_for()
    assert shown.page.locator("input[name=digest]").input_value() == "yes"
    shown.page.locator("input[name=digest]").fill(review.plan.digest)
    shown.page.locator("input[name=digest]").press("Enter")
    shown.page.get_by_role("status").get_by_text("Approved").wait_for()
    assert review.approved == review.plan.digest


def test_more_rows_are_shown_on_demand(opened):
    shown = opened(PlanReview(plans.large(4_000)))
    shown.tree("Steps").get_by_role("row", name="Tree").click()
    more = shown.page.get_by_role("button", name="40 more of 40")
    more.click()
    more.wait_for(state="detached")
    assert shown.tree("Steps").get_by_role("row", name="unit-").count() == 100


def test_cost_is_looked_at_by_another_key_and_down_to_the_account(opened):
    shown = opened(CostView(small()))
    assert shown.page.get_by_role("columnheader").all_inner_texts()[:3] == ["OU", "own", "with all below"]
    shown.page.locator("select[name=by]").select_option("tag Team")
    shown.page.get_by_role("treegrid", name="Cost by Team, USD").focus()
    shown.press("ArrowRight", "ArrowDown")
    assert shown.at("Cost by Team") == "shop"
    widths = "[...document.querySelectorAll('.orgkit-full')].map(one => one.style.width)"
    assert all(width.endswith("%") for width in shown.page.evaluate(widths))


def test_a_run_tells_how_far_it_is_and_is_paused_by_keyboard(opened, tmp_path):
    gate = Gate()
    with connect("sandbox", clock=gate) as target:
        made = plan(designs.starter(), read(target))
        panel = ApplyProgress(made, target, approve=made.digest, journal=tmp_path / "apply.journal")
        shown = opened(panel)
        gate.closed_after = gate.looks + 60
        shown.page.get_by_role("button", name="Begin").press("Enter")
        assert gate.there.wait(20)
        shown.show()
        bar = shown.page.get_by_role("progressbar")
        assert 0 < int(bar.get_attribute("aria-valuenow")) < int(bar.get_attribute("aria-valuemax")) == len(made)
        pause = shown.page.get_by_role("button", name="Pause")
        pause.focus()
        shown.show()  # what is told meanwhile takes the keyboard from nobody
        assert shown.page.evaluate("document.activeElement.textContent") == "Pause"
        shown.press("Enter")
        shown.page.get_by_role("heading", name="Pausing").wait_for()
        assert "Pausing" in shown.page.get_by_role("status").inner_text()
        shown.page.get_by_role("button", name="Go on").click()
        gate.closed_after = None
        gate.open.set()
        assert panel.result().complete
        shown.show()
        assert bar.get_attribute("aria-valuetext") == f"{len(made)} of {len(made)} steps"
        assert shown.page.get_by_role("button").count() == 0
