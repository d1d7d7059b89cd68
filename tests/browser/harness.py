"""The designer's own module in a bare page, with the real controller behind it and no Jupyter between them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from orgkit.design import Organization
from orgkit.notebook.browser import module, styles
from orgkit.notebook.designer import Controller
from orgkit.notebook.designer.widget import PARTS

# A model as the widget manager gives it: `send` goes to Python, answers come as messages. Each view gets its own.
MODEL = """async ({source, deaf}) => {
  const listeners = new Set();
  const lives = new Set();
  const those = (name) => (name === 'msg:custom' ? listeners : lives);
  const attributes = { state: JSON.parse(await window.beginning()) };
  window.model = {
    get: (name) => attributes[name],
    set: (name, value) => { attributes[name] = value; },
    on: (name, listener) => those(name).add(listener),
    off: (name, listener) => those(name).delete(listener),
    revive: () => lives.forEach((listener) => listener()),
    die: () => {
      window.model.send = () => { throw new Error('Cannot send'); };
      lives.forEach((listener) => listener());
    },
    answer: (text) => listeners.forEach((listener) => listener(JSON.parse(text))),
    send: async (intent) => {
      const text = await window.handle(JSON.stringify(intent));
      if (!deaf) window.model.answer(text);
    },
  };
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const designer = (await import(address)).default;
  const proxy = () => ({ ...window.model, send: (intent) => window.model.send(intent) });
  await designer.initialize({ model: proxy() });
  window.again = () => {
    const el = document.createElement('div');
    el.className = 'view';
    document.body.append(el);
    return designer.render({ model: proxy(), el });
  };
  window.leave = window.again();
  await new Promise(requestAnimationFrame);
  window.painted = Date.now();
}"""


@dataclass
class Page:
    """A page with one designer; `said` are the intents that the browser sent."""

    page: Any
    controller: Controller
    said: list[dict[str, Any]] = field(default_factory=list)

    @property
    def org(self) -> Organization:
        return self.controller.org

    def row(self, node: str) -> Any:
        return self.page.locator(f'.orgkit-row[data-node="{node}"]').first

    def names(self) -> list[str]:
        """The rows that show, from top to bottom."""
        rows = "[...document.querySelectorAll('.view:first-of-type .orgkit-row')]"
        order = ".sort((a, b) => parseInt(a.style.top) - parseInt(b.style.top))"
        found: list[str] = self.page.evaluate(
            f"{rows}{order}.map(row => row.querySelector('.orgkit-name').textContent)"
        )
        return found

    def selected(self) -> list[str]:
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('.orgkit-row[aria-selected=true]')].map(row => row.dataset.node)"
        )
        return found

    def until(self, script: str) -> None:
        """Wait until a condition of the page holds."""
        self.page.wait_for_function(script)

    def settled(self) -> None:
        """Wait until every intent was answered, and two frames more."""
        self.page.evaluate(
            """async () => {
              await window.handle('null');
              for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
            }"""
        )

    def drag(self, node: str, to: str, *, drop: bool = True) -> None:
        self.row(node).hover()
        self.page.mouse.down()
        box = self.row(to).bounding_box()
        self.page.mouse.move(box["x"] + 60, box["y"] + 12, steps=5)
        if drop:
            self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.settled()


def open_page(browser: Any, org: Organization, *, style: str = "", deaf: bool = False, **options: Any) -> Page:
    """The designer over an organization; `deaf` keeps the kernel's answers back."""
    page = browser.new_page(viewport={"width": 1200, "height": 760})
    opened = Page(page, Controller(org, **options))
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    opened.page.faults = faults

    def handle(text: str) -> str:
        intent = json.loads(text)
        if intent is None:
            return "null"
        opened.said.append(intent)
        return json.dumps(opened.controller.handle(intent))

    page.expose_function("beginning", lambda: json.dumps(opened.controller.state()))
    page.expose_function("handle", handle)
    page.set_content(f"<!doctype html><style>{style}{styles()}</style>")
    page.evaluate(MODEL, {"source": module(*PARTS), "deaf": deaf})
    page.wait_for_selector(".orgkit[data-ready]")
    opened.settled()
    return opened
