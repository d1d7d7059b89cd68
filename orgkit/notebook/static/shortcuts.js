// @ts-check
// What the keyboard can do, on one page: `?` in the tree, or the button in the bar.

const SHORTCUTS = /** @type {const} */ ([
  ["Go about", [
    ["↑ ↓", "the row above or below"],
    ["→", "open, or go to the first row inside"],
    ["←", "close, or go to the row that holds it"],
    ["Home End PgUp PgDn", "far up or down"],
    ["a letter", "the next name that begins with it"],
    ["*", "open everything below"],
    ["/ or Ctrl F", "search"],
    ["F6", "on to the panels, and back to the tree"],
    ["Enter", "into the fields of what is selected"],
    ["Esc", "back to the tree"],
  ]],
  ["Select", [
    ["Shift ↑ ↓", "a range"],
    ["Ctrl ↑ ↓, Space", "go without selecting; add or take away"],
    ["Ctrl A", "everything beside it"],
  ]],
  ["Edit", [
    ["F2", "rename in place"],
    ["Ctrl X, Ctrl V", "cut, and move to where the keyboard is"],
    ["Insert, Shift Insert", "new account, new OU"],
    ["Delete", "remove"],
    ["Shift F10", "menu: attach, detach and the rest"],
    ["Ctrl Z, Ctrl Y", "undo, redo"],
    ["Ctrl S", "what saving would change"],
  ]],
]);

/**
 * Show the list over the designer; Escape or the button closes it and gives the keyboard back.
 * @param {HTMLElement} host
 * @param {() => void} back
 */
function showShortcuts(host, back) {
  const close = () => {
    made.remove();
    back();
  };
  const button = element("button", { type: "button", onclick: close }, "Close");
  const made = element(
    "div",
    { class: "orgkit-shortcuts", role: "dialog", "aria-modal": "true", "aria-label": "Keyboard" },
    ...SHORTCUTS.map(([head, keys]) =>
      element(
        "section",
        {},
        element("h4", {}, head),
        ...keys.map(([key, words]) => element("p", {}, element("kbd", {}, key), element("span", {}, words))),
      ),
    ),
    button,
  );
  made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === "Tab") event.preventDefault();
    else if (event.key === "Escape" || event.key === "?") {
      event.preventDefault();
      close();
    }
  });
  host.append(made);
  button.focus({ preventScroll: true });
}
