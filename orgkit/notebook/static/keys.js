// @ts-check
// The tree by keyboard, after the pattern of the WAI-ARIA Authoring Practices for tree views, and the tree's menu.

const LETTERS_TOGETHER = 700; // milliseconds between letters that look for one name

const HANGS = 160; // milliseconds at a row, something being cut, until the kernel is asked what moving it there would mean

/** @param {Tree} tree @param {() => void} search focuses the search box @param {() => void} help shows the shortcuts */
function listenToKeys(tree, search, help) {
  const { store, host } = tree;
  let hanging = 0;
  let typed = "";
  let last = 0;

  /** @param {number} place @param {{ctrlKey?: boolean, metaKey?: boolean, shiftKey?: boolean}} held */
  const go = (place, held) => {
    const row = tree.shown[Math.max(0, Math.min(tree.shown.length - 1, place))];
    if (!row) return;
    if (held.ctrlKey || held.metaKey) {
      tree.focus = row.id;
      tree.reveal(row.id);
    } else tree.choose(row.id, { range: held.shiftKey });
    clearTimeout(hanging);
    if (tree.cut.length && !held.shiftKey) hanging = setTimeout(hang, HANGS);
  };

  /** What was cut hangs over this row, as in a drag. */
  const hang = () => {
    const { focus, cut } = tree;
    store.send({ type: "preview", intent: { type: "move", nodes: cut, to: holderOf(store.node(focus)) } }, (answer) => {
      if (tree.focus === focus && tree.cut === cut) tree.say(answer.preview.text, answer.preview.refused);
    });
  };

  host.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const at = tree.places.get(tree.focus) ?? 0;
    const node = store.node(tree.focus);
    const page = Math.max(1, Math.floor(host.clientHeight / ROW) - 1);
    const command = event.ctrlKey || event.metaKey;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => go(at + 1, event),
      ArrowUp: () => go(at - 1, event),
      PageDown: () => go(at + page, event),
      PageUp: () => go(at - page, event),
      Home: () => go(0, event),
      End: () => go(tree.shown.length - 1, event),
      ArrowRight: () => {
        if (!node.children.length) return;
        if (tree.shown[at].open) go(at + 1, event);
        else tree.turn(node.id, true);
      },
      ArrowLeft: () => {
        if (tree.shown[at].open && !store.filter.found) tree.turn(node.id, false);
        else if (node.parent) tree.choose(node.parent);
      },
      " ": () => tree.choose(node.id, { toggle: true }),
      Enter: () => store.send({ type: "show", panel: "details" }, () => afterwards(() => tree.host.dispatchEvent(new Event("leave")))),
      F2: () => tree.rename(node.id),
      Delete: () => tree.remove(),
      Insert: () => tree.add(event.shiftKey ? "ou" : "account"),
      "*": () => tree.turnAll(node.id, true),
      "/": () => search(),
      "?": () => help(),
      ContextMenu: () => openMenu(tree),
      Escape: () => {
        tree.cut = [];
        tree.paint();
      },
    };
    /** @type {Record<string, () => void>} */
    const commands = {
      f: () => search(),
      x: () => {
        tree.cut = [...tree.chosen()];
        tree.say(`${tree.cut.length === 1 ? store.node(tree.cut[0]).name : `${tree.cut.length} things`}: go to where it shall be and press Ctrl+V.`);
        tree.paint();
      },
      v: () => paste(tree),
      a: () => {
        store.select(node.parent ? [...store.node(node.parent).children] : [node.id]);
        tree.paint();
      },
    };
    const spaced = command && event.key === " ";
    let does = command && !spaced ? commands[event.key.toLowerCase()] : keys[event.key];
    if (!does && event.shiftKey && event.key === "F10") does = () => openMenu(tree);
    if (command && !does && ["ArrowDown", "ArrowUp", "Home", "End", "PageDown", "PageUp"].includes(event.key)) does = keys[event.key];
    if (!does && !command && !event.altKey && event.key.length === 1) does = () => find(event.key.toLowerCase());
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  });

  /** @param {string} letter go to the next row whose name begins with what was typed */
  const find = (letter) => {
    const now = performance.now();
    typed = now - last < LETTERS_TOGETHER ? typed + letter : letter;
    last = now;
    const at = tree.places.get(tree.focus) ?? 0;
    // The same letter again and again goes from one name with it to the next.
    const sought = [...typed].every((one) => one === typed[0]) ? typed[0] : typed;
    const begin = sought.length > 1 ? at : at + 1;
    for (let i = 0; i < tree.shown.length; i++) {
      const place = (begin + i) % tree.shown.length;
      if (store.node(tree.shown[place].id).name.toLowerCase().startsWith(sought)) return go(place, {});
    }
  };
}

/** @param {TreeNode} node @returns {string | null} the OU or root that something dropped on this row goes to */
function holderOf(node) {
  return node.kind === 2 ? node.parent : node.id;
}

/** @param {Tree} tree move what was cut to where the keyboard is */
function paste(tree) {
  if (!tree.cut.length) return tree.say("Nothing was cut: select something and press Ctrl+X first.");
  tree.store.send({ type: "move", nodes: tree.cut, to: holderOf(tree.store.node(tree.focus)) });
  tree.cut = [];
  tree.paint();
}

/**
 * The menu of the row the keyboard is at, beside the row or where the pointer is.
 * @param {Tree} tree
 * @param {{x: number, y: number}} [at]
 */
function openMenu(tree, at) {
  closeMenu(tree);
  if (tree.store.gone) return;
  const { store } = tree;
  const node = store.node(tree.focus);
  const several = store.selected.length > 1 && store.selected.includes(node.id);
  const holder = node.kind !== 2;
  /** @type {[string, string, (() => void) | null][]} label, key, what it does; null: not now */
  const entries = [
    ["New account …", "Insert", () => tree.add("account")],
    ["New OU …", "Shift+Insert", () => tree.add("ou")],
    ["Rename", "F2", node.kind && !several ? () => tree.rename(node.id) : null],
    ["Attach a policy …", "", () => store.send({ type: "show", panel: "details" }, () => afterwards(() => tree.host.dispatchEvent(new Event("leave-for-attach"))))],
    ...(several ? [] : node.badges.p ?? []).map((/** @type {string} */ policy) => [
      `Detach ${policy}`,
      "",
      () => store.send({ type: "detach", policy, node: node.id }),
    ]),
    ["Cut", "Ctrl+X", node.kind ? () => { tree.cut = [...tree.chosen()]; tree.paint(); } : null],
    [holder ? "Move what was cut here" : "Move what was cut beside it", "Ctrl+V", tree.cut.length ? () => paste(tree) : null],
    ["May it …?", "", () => store.send({ type: "show", panel: "decision" })],
    ["Open everything below", "*", holder ? () => tree.turnAll(node.id, true) : null],
    ["Close everything below", "", holder ? () => tree.turnAll(node.id, false) : null],
    [several ? `Remove ${store.selected.length} things` : "Remove", "Delete", node.kind ? () => tree.remove() : null],
  ];
  const made = element("div", { class: "orgkit-menu", role: "menu", "aria-label": `What to do with ${node.name}` });
  for (const [label, key, does] of entries) {
    const entry = element(
      "button",
      { role: "menuitem", tabindex: -1, disabled: !does, type: "button" },
      element("span", {}, label),
      element("kbd", {}, key),
    );
    entry.addEventListener("click", () => {
      closeMenu(tree);
      does?.();
    });
    made.append(entry);
  }
  const row = tree.rows.get(node.id)?.getBoundingClientRect() ?? tree.host.getBoundingClientRect();
  const home = tree.host.parentElement.getBoundingClientRect();
  tree.host.parentElement.append(made);
  const left = Math.min((at?.x ?? row.left + 40) - home.left, home.width - made.offsetWidth - 4);
  const top = Math.min((at?.y ?? row.bottom) - home.top, home.height - made.offsetHeight - 4);
  made.style.left = `${Math.max(2, left)}px`;
  made.style.top = `${Math.max(2, top)}px`;
  made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    const possible = [...made.querySelectorAll("button:not(:disabled)")];
    const here = possible.indexOf(/** @type {any} */ (made.getRootNode()).activeElement);
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      const step = steps[/** @type {"ArrowDown" | "ArrowUp"} */ (event.key)];
      possible[(here + step + possible.length) % possible.length].focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      closeMenu(tree);
    }
  });
  made.addEventListener("focusout", (/** @type {FocusEvent} */ event) => {
    if (event.relatedTarget && !made.contains(/** @type {Node} */ (event.relatedTarget))) closeMenu(tree, false);
  });
  tree.menu = made;
  made.querySelector("button:not(:disabled)")?.focus();
}

/** @param {Tree} tree @param {boolean} [back] whether the tree gets the keyboard back */
function closeMenu(tree, back = true) {
  const made = tree.menu;
  if (!made) return;
  tree.menu = null;
  made.remove();
  if (back) tree.host.focus({ preventScroll: true });
}
