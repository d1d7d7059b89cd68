"""The designer's module in Chromium, without Jupyter: mouse, keyboard, screen reader, odd names, many rows."""

from __future__ import annotations

import json

import pytest

from tests.browser.harness import open_page
from tests.notebook.designs import ODD, many, small


@pytest.fixture
def opened(browser):
    pages = []

    def make(org=None, **options):
        page = open_page(browser, org or small(), **options)
        pages.append(page)
        return page

    yield make
    for page in pages:
        assert page.page.faults == []
        page.page.close()


@pytest.fixture
def designer(opened):
    return opened()


def intents(designer, kind):
    return [intent for intent in designer.said if intent["type"] == kind]


def test_the_tree_shows_the_design_with_its_badges(designer):
    assert designer.names() == ["Root", "Workloads", "Production", "shop", "bank", "Sandbox", "play", "main"]
    assert "600 USD" in designer.row("account:shop").inner_text()
    assert designer.row("ou:Sandbox").locator(".orgkit-policies").inner_text() == "1"


def test_dragging_moves_and_everything_follows(designer):
    designer.drag("account:shop", "ou:Sandbox")
    designer.until("document.querySelector('.orgkit-strip h4')")
    assert designer.org.path("account:shop") == "Sandbox/shop"
    assert designer.names() == ["Root", "Workloads", "Production", "bank", "Sandbox", "play", "shop", "main"]
    assert "650.50 USD" in designer.row("ou:Sandbox").inner_text()
    assert "no longer blocked" in designer.page.locator(".orgkit-strip").inner_text()
    assert "Sandbox/shop" in designer.page.locator(".orgkit-page").inner_text()
    assert designer.selected() == ["account:shop"]


def test_before_letting_go_it_says_what_would_follow_and_escape_lets_it_be(designer):
    designer.row("account:shop").click()
    designer.drag("account:shop", "ou:Sandbox", drop=False)
    designer.until("document.querySelector('.orgkit-tip')?.textContent.includes('no longer blocked')")
    designer.page.keyboard.press("Escape")
    designer.page.mouse.up()
    designer.settled()
    assert designer.org == small()
    assert designer.page.locator(".orgkit-tip").count() == 0


def test_a_drag_that_stays_tells_of_problems_too(designer):
    designer.drag("account:play", "ou:Workloads/Production", drop=False)
    designer.until("document.querySelector('.orgkit-tip')?.textContent.includes('new problem: the OU has no accounts')")
    designer.page.keyboard.press("Escape")
    designer.page.mouse.up()


def test_over_a_place_that_would_be_refused_it_says_why(designer):
    designer.drag("ou:Workloads", "ou:Workloads/Production", drop=False)
    designer.until("document.querySelector('.orgkit-tip.orgkit-refused')")
    assert "cannot be moved under itself" in designer.page.locator(".orgkit-tip").inner_text()
    designer.page.mouse.up()
    designer.until("document.querySelector('.orgkit-status[role=alert]')?.textContent.includes('under itself')")
    assert designer.org == small()


def test_several_are_selected_and_dragged_together(designer):
    designer.row("account:shop").click()
    designer.row("account:bank").click(modifiers=["Control"])
    assert set(designer.selected()) == {"account:shop", "account:bank"}
    designer.drag("account:bank", "ou:Sandbox")
    designer.settled()
    assert [designer.org.path(f"account:{name}") for name in ("shop", "bank")] == ["Sandbox/shop", "Sandbox/bank"]
    assert len(designer.org.history) == 1


def test_arrows_walk_open_and_close_as_in_any_tree(designer):
    designer.page.locator(".orgkit-tree").focus()
    designer.press("ArrowDown")
    assert designer.selected() == ["ou:Workloads"]
    designer.press("ArrowLeft")
    assert "Production" not in designer.names()
    designer.press("ArrowRight", "ArrowRight")
    assert designer.selected() == ["ou:Workloads/Production"]
    designer.press("End")
    assert designer.selected() == ["account:main"]
    designer.press("Home", "Shift+ArrowDown", "Shift+ArrowDown")
    assert set(designer.selected()) == {"root", "ou:Workloads", "ou:Workloads/Production"}
    designer.press("b")
    assert designer.selected() == ["account:bank"]


def test_a_name_is_changed_in_place_by_f2(designer):
    designer.row("account:shop").click()
    designer.press("F2")
    designer.page.keyboard.insert_text("Store")
    designer.press("Enter")
    assert designer.org.account("shop").name == "Store"
    assert "Store" in designer.row("account:shop").inner_text()
    designer.press("F2")
    designer.page.keyboard.insert_text("Other")
    designer.press("Escape")
    assert designer.org.account("shop").name == "Store"


def test_the_keyboard_alone_cuts_pastes_removes_undoes_and_redoes(designer):
    designer.page.locator(".orgkit-tree").focus()
    designer.press("s", "s")
    assert designer.selected() == ["ou:Sandbox"]
    designer.press("ArrowRight", "Control+x", "Home", "Control+v")
    assert designer.org.path("account:play") == "play"
    designer.press("Control+z")
    assert designer.org == small()
    designer.press("Control+y", "Delete")
    assert "account:play" not in designer.org
    designer.press("Control+z", "Control+Shift+z", "Control+z", "Control+z")
    assert designer.org == small()


def test_what_was_cut_tells_by_keyboard_too_what_moving_it_would_mean(designer):
    designer.row("account:shop").click()
    designer.press("Control+x", "s")
    designer.until("document.querySelector('.orgkit-status').textContent.includes('no longer blocked')")
    assert designer.org == small()


def test_question_mark_lists_the_shortcuts_and_every_one_of_them_works(designer):
    designer.page.locator(".orgkit-tree").focus()
    designer.press("?")
    dialog = designer.page.get_by_role("dialog", name="Keyboard")
    assert "rename in place" in dialog.inner_text()
    designer.press("Escape")
    assert dialog.count() == 0
    assert designer.page.evaluate("document.activeElement.getAttribute('role')") == "tree"
    designer.press("F6")
    assert designer.page.evaluate("document.activeElement.dataset.tab") == "details"
    designer.press("ArrowRight")
    assert designer.page.evaluate("document.activeElement.dataset.tab") == "guardrails"
    designer.press("F6", "Control+s")
    designer.until("document.querySelector('[data-tab=save]').getAttribute('aria-selected') === 'true'")
    designer.until("document.activeElement.textContent === 'Write this'")


def test_a_button_pressed_by_keyboard_leaves_the_keyboard_near_and_its_edit_can_be_undone(designer):
    designer.row("ou:Sandbox").click()
    designer.settled()
    designer.page.locator(".orgkit-page li", has_text="regions").get_by_role("button", name="Detach").focus()
    designer.press("Enter")
    assert not designer.org.targets("policy:regions")
    assert designer.page.evaluate("document.activeElement.closest('.orgkit-page') !== null")
    designer.press("Control+z")
    assert designer.org == small()


def test_insert_opens_a_form_that_adds_an_account(designer):
    designer.row("ou:Sandbox").click()
    designer.press("Insert")
    designer.until("document.activeElement?.name === 'handle'")
    designer.page.keyboard.insert_text("lab")
    designer.page.locator("input[name=email]").fill("lab@x.com")
    designer.press("Enter")
    assert designer.org.path("account:lab") == "Sandbox/lab"
    assert designer.selected() == ["account:lab"]


def test_the_menu_opens_by_key_and_by_mouse_and_gives_the_keyboard_back(designer):
    designer.row("ou:Sandbox").click(button="right")
    menu = designer.page.locator("[role=menu]")
    assert menu.locator("button", has_text="Detach regions").count() == 1
    menu.locator("button", has_text="Detach regions").click()
    designer.settled()
    assert not designer.org.targets("policy:regions")
    designer.press("Shift+F10")
    assert menu.count() == 1
    designer.press("ArrowDown", "Escape")
    assert menu.count() == 0
    assert designer.page.evaluate("document.activeElement.getAttribute('role')") == "tree"


def test_the_search_narrows_the_tree_to_what_is_found_and_the_way_there(designer):
    designer.page.locator(".orgkit-search").fill("owner:pay")
    designer.until("document.querySelectorAll('.orgkit-row').length === 4")
    assert designer.names() == ["Root", "Workloads", "Production", "bank"]
    assert designer.page.locator(".orgkit-count").inner_text() == "1 found"
    designer.page.locator(".orgkit-search").press("Escape")
    designer.until("document.querySelectorAll('.orgkit-row').length === 8")
    designer.page.locator(".orgkit-search").fill("nobody")
    designer.page.get_by_text("Nothing is found.").wait_for()
    designer.page.locator(".orgkit-search").fill("colour:red")
    designer.until("document.querySelector('.orgkit-status').textContent.includes('nothing can be looked for')")


HOSTILE = {
    "markup": ODD,
    "an attribute": '" onfocus="window.hurt=1" autofocus x="',
    "a template": "${window.hurt=1} {{constructor.constructor('window.hurt=1')()}}",
    "an entity": "&lt;img src=x onerror=window.hurt=1&gt;",
    "right to left": "\u202egnp.exe \u05d7\u05e9\u05d1\u05d5\u05df",
    "long": "n" * 128,
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_names_are_text_wherever_they_are_shown(opened, name):
    org = small()
    org.rename("shop", name)
    org.rename("Sandbox", name)
    org.set("shop", owner=name, tags={"<b>": "</script>"}, description=name)
    org.rename("stay", name)
    designer = opened(org, live=small(), beside=small())
    assert designer.names().count(name) == 2
    designer.row("account:shop").click()
    designer.press("Shift+F10", "Escape", "F2", "Escape")
    designer.drag("account:shop", "ou:Sandbox", drop=False)
    designer.until("document.querySelector('.orgkit-tip').textContent.includes('no longer blocked')")
    designer.page.mouse.up()
    designer.until("document.querySelector('.orgkit-strip h4')")
    for tab in designer.page.locator("[role=tab]").all():
        tab.click()
        designer.settled()
        beside = designer.page.evaluate(
            "[...document.querySelectorAll('.orgkit, .orgkit-page')].map(one => one.scrollWidth - one.clientWidth)"
        )
        assert max(beside) <= 0, tab.inner_text()
    assert designer.page.evaluate("window.hurt") is None
    assert designer.page.locator(".orgkit img, .orgkit script, .orgkit b, .orgkit [onfocus]").count() == 0


def test_a_screen_reader_finds_a_tree_with_levels_places_and_states(designer):
    tree = designer.page.get_by_role("tree", name="Organization")
    production = tree.get_by_role("treeitem", name="Production, organizational unit")
    assert production.get_attribute("aria-level") == "3"
    assert production.get_attribute("aria-expanded") == "true"
    shop = tree.get_by_role("treeitem", name="shop, account")
    assert (shop.get_attribute("aria-posinset"), shop.get_attribute("aria-setsize")) == ("1", "2")
    assert shop.get_attribute("aria-expanded") is None
    shop.click()
    designer.settled()
    assert tree.get_attribute("aria-activedescendant") == shop.get_attribute("id")
    assert designer.page.get_by_role("tab", name="Details").get_attribute("aria-selected") == "true"
    assert designer.page.get_by_role("button", name="Undo", exact=True).is_disabled()


def test_a_field_sends_what_is_typed_and_keeps_it_when_it_is_refused(designer):
    designer.row("account:shop").click()
    cost = designer.page.locator("input[name=monthly_cost]")
    cost.fill("lots")
    cost.press("Enter")
    designer.until("document.querySelector('.orgkit-status').textContent.includes('not an amount of money')")
    assert cost.input_value() == "lots"
    cost.fill("700 USD")
    cost.press("Tab")
    designer.settled()
    assert str(designer.org.account("shop").monthly_cost) == "700 USD"
    assert designer.page.evaluate("document.activeElement.name") == "budget"


def test_actions_are_completed_while_a_person_types(designer):
    designer.page.locator("[data-tab=decision]").click()
    action = designer.page.locator("input[name=action]")
    action.press_sequentially("s3:PutObjectA")
    options = "[...document.querySelectorAll('[role=option]')]"
    designer.until(f"{options}.length > 1 && {options}.every(one => one.textContent.startsWith('s3:PutObjectA'))")
    action.press("ArrowDown")
    action.press("Enter")
    assert action.input_value().startswith("s3:PutObjectA")
    action.press("Enter")
    designer.until("document.querySelector('.orgkit-page .orgkit-strong')")
    assert "BLOCKED" in designer.page.locator(".orgkit-strong").inner_text()


def test_only_the_rows_on_screen_are_elements(opened):
    designer = opened(many(3_000))
    designer.page.get_by_role("button", name="Open everything").click()
    designer.until("document.querySelector('.orgkit-tree').scrollHeight > 60000")
    assert designer.page.locator(".orgkit-row").count() < 60
    designer.page.evaluate("document.querySelector('.orgkit-tree').scrollTop = 30000")
    designer.until("[...document.querySelectorAll('.orgkit-row')].some(row => parseInt(row.style.top) > 30000)")
    assert designer.page.locator(".orgkit-row").count() < 60


def test_rows_stay_while_a_theme_is_exchanged_and_nothing_has_a_height(opened):
    designer = opened(many(200))
    designer.page.get_by_role("button", name="Open everything").click()
    designer.until("document.querySelectorAll('.orgkit-row').length > 20")
    designer.page.evaluate(
        """async () => {
          const view = document.querySelector('.view');
          view.style.display = 'none';
          document.querySelector('.orgkit-tree').dispatchEvent(new Event('blur'));
          await new Promise(requestAnimationFrame);
          view.style.display = '';
          for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
        }"""
    )
    assert designer.page.locator(".orgkit-row").count() > 20


def test_the_tree_is_made_wider_by_pointer_and_by_keyboard(designer):
    edge = designer.page.get_by_role("separator", name="Width of the tree")
    width = designer.page.locator(".orgkit-left").evaluate("one => one.clientWidth")
    box = edge.bounding_box()
    designer.page.mouse.move(box["x"] + 3, box["y"] + 80)
    designer.page.mouse.down()
    designer.page.mouse.move(box["x"] + 123, box["y"] + 80)
    designer.page.mouse.up()
    wider = designer.page.locator(".orgkit-left").evaluate("one => one.clientWidth")
    assert 100 < wider - width < 140
    edge.focus()
    designer.page.keyboard.press("ArrowLeft")
    assert designer.page.locator(".orgkit-left").evaluate("one => one.clientWidth") < wider


def test_two_views_of_one_model_show_the_same_and_one_can_go(designer):
    designer.drag("account:shop", "ou:Sandbox")
    designer.settled()
    designer.page.evaluate("() => { window.again(); }")
    designer.page.wait_for_selector(".view:nth-of-type(2) .orgkit[data-ready]")
    designer.settled()
    rows = "[...view.querySelectorAll('.orgkit-row')].map(row => row.dataset.node + row.ariaLevel).sort()"
    tops = designer.page.evaluate(f"[...document.querySelectorAll('.view')].map(view => {rows})")
    assert tops[0] == tops[1]
    designer.page.evaluate("() => window.leave()")
    designer.controller.org.undo()
    answer = designer.controller.follow()
    designer.page.evaluate("answer => window.model.answer(answer)", json.dumps(answer))
    designer.settled()
    places = (
        "document.querySelectorAll('.view')[1].querySelector('[data-node=\"account:shop\"]').getAttribute('aria-level')"
    )
    assert designer.page.evaluate(places) == "4"


def test_a_kernel_that_is_gone_is_told_and_nothing_is_shown_as_done(opened):
    designer = opened(deaf=True)
    before = designer.names()
    designer.page.clock.install()
    designer.drag("account:shop", "ou:Sandbox")
    designer.page.clock.run_for(6000)
    designer.until("document.querySelector('.orgkit-status').textContent.includes('The kernel does not answer')")
    assert designer.names() == before


def test_when_the_kernel_dies_the_view_says_so_and_takes_no_more_edits(designer):
    designer.page.evaluate("window.model.die()")
    banner = designer.page.locator(".orgkit-banner[role=alert]")
    assert "Run the cell again" in banner.inner_text()
    before = designer.names()
    designer.drag("account:shop", "ou:Sandbox")
    designer.row("account:shop").click()
    designer.press("F2", "Delete", "Shift+F10")
    assert designer.names() == before and designer.org == small()
    assert designer.page.locator("[role=menu], .orgkit-edit, .orgkit-tip").count() == 0
    assert designer.page.locator(".orgkit :is(button, input, select, textarea):enabled").count() == 0
    designer.press("Home", "ArrowDown", "ArrowLeft")  # looking at it goes on
    assert "Production" not in designer.names()


def test_a_connection_that_comes_back_shows_everything_as_it_is_by_then(designer):
    designer.page.evaluate("window.send = window.model.send; window.model.die()")
    designer.org.move("shop", "Sandbox")
    designer.page.evaluate("window.model.send = window.send; window.model.revive()")
    designer.until("!document.querySelector('.orgkit-banner').textContent")
    assert designer.row("account:shop").get_attribute("aria-level") == "3"
    assert designer.page.get_by_role("button", name="New account (Insert)").is_enabled()
    designer.drag("account:bank", "ou:Sandbox")
    designer.settled()
    assert designer.org.path("account:bank") == "Sandbox/bank"
