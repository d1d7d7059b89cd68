// @ts-check
// The designer: a bar, the tree beside its panels, and below them what the last edit meant.

const SEARCHES = 140; // milliseconds after the last letter until the kernel is asked

/** @param {{model: any}} given */
function initialize({ model }) {
  // A view that comes later would begin with the state of the first: it asks for what has changed since.
  model.on("msg:custom", () => model.set("stale", true));
}

/** @param {{model: any, el: HTMLElement}} given */
function render({ model, el }) {
  const store = new Store(model);
  const status = element("div", { class: "orgkit-status", role: "status", "aria-live": "polite" });
  let silence = 0;
  const say = (/** @type {string} */ words, error = false) => {
    clearTimeout(silence);
    status.textContent = words;
    status.classList.toggle("orgkit-error", error);
    status.setAttribute("role", error ? "alert" : "status");
    if (!error) silence = setTimeout(() => (status.textContent = ""), 8000);
  };
  const tree = new Tree(store, say);
  const bar = toolbar(store, tree);
  const tabs = element("div", { class: "orgkit-tabs", role: "tablist", "aria-label": "Panels" });
  const page = element("div", { class: "orgkit-page", role: "tabpanel", tabindex: 0 });
  const strip = element("section", { class: "orgkit-strip", "aria-label": "Consequences of the last edit", tabindex: 0 });
  const banner = element("div", { class: "orgkit-banner", role: "alert" });
  const spoken = element("div", { class: "orgkit-spoken", "aria-live": "polite" });
  const panel = new Blocks(store, page);
  const meant = new Blocks(store, strip);
  const host = element(
    "div",
    { class: "orgkit", "data-lm-suppress-shortcuts": "true", "data-jp-suppress-context-menu": true },
    bar.host,
    banner,
    element(
      "div",
      { class: "orgkit-halves" },
      element("div", { class: "orgkit-left" }, tree.host, tree.empty, splitter(() => host)),
      element("div", { class: "orgkit-right" }, tabs, page),
    ),
    strip,
    status,
    spoken,
  );
  const help = () => showShortcuts(host, () => tree.host.focus({ preventScroll: true }));
  bar.host.append(bar.tool("keys", "Keyboard (?)", help));
  listenToKeys(tree, () => bar.search.focus(), help);
  listenToPointer(tree);

  const around = () => {
    const { around } = store;
    panel.show(around.panel.blocks);
    if (meant.show(around.strip) && host.dataset.ready) spoken.textContent = firstWords(around.strip);
    showTabs(store, tabs, page);
    bar.show();
  };
  const watch = (/** @type {any} */ answer) => {
    if (answer.error) say(answer.error, true);
    else if (answer.said) say(answer.said);
    else if (answer.answers && status.classList.contains("orgkit-error")) say("");
    if (answer.gone) mourn(answer.gone);
    else if (answer.rows) mourn("");
    // First what changes the height of the tree, then the tree.
    if (answer.panel) around();
    if (answer.rows || answer.patch || answer.filter || answer.view) tree.refresh();
    if (answer.view?.selected.length) {
      const last = answer.view.selected.at(-1);
      if (store.nodes.has(last)) {
        tree.focus = tree.anchor = last;
        tree.reveal(last);
      }
    }
  };
  /** @param {string} words why nothing can be changed any more; none: it can be again */
  const mourn = (words) => {
    banner.textContent = words;
    host.classList.toggle("orgkit-gone", Boolean(words));
    if (!words) for (const one of [panel, meant]) one.clear(); // its buttons live again
    for (const one of host.querySelectorAll("button, input, select, textarea")) one.disabled = Boolean(words);
    if (words) say("");
  };
  store.watchers.add(watch);
  tree.host.addEventListener("leave", () => page.querySelector("input:not(:disabled), textarea, select, button")?.focus());
  tree.host.addEventListener("leave-for-attach", () => page.querySelector("select")?.focus());
  page.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && !event.defaultPrevented) tree.host.focus({ preventScroll: true });
  });
  // Wherever the keyboard is; in a field, undoing is the field's own.
  host.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    const target = /** @type {HTMLElement} */ (event.target);
    const command = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : "";
    const writing = target.matches("input, textarea");
    let intent = null;
    if (command === "s") intent = { type: "diff" };
    else if (command === "z" && !writing) intent = { type: event.shiftKey ? "redo" : "undo" };
    else if (command === "y" && !writing) intent = { type: "redo" };
    else if (event.key === "F6") (tree.host.contains(target) ? tabs.querySelector("[aria-selected=true]") : tree.host).focus();
    else return;
    event.preventDefault();
    if (intent) store.send(intent, () => command === "s" && afterwards(() => page.querySelector("button.orgkit-main")?.focus()));
  });

  el.append(host);
  tree.refresh();
  around();
  if (store.gone) mourn(GONE);
  // Two frames: once the rows are painted, the kernel may find out what takes longer.
  requestAnimationFrame(() => {
    tree.refresh();
    requestAnimationFrame(() => {
      host.dataset.ready = "true";
      if (model.get("stale")) store.send({ type: "whole" });
      store.send({ type: "ready" });
    });
  });
  return () => {
    store.leave();
    tree.dispose();
    clearTimeout(silence);
  };
}

/** @param {Store} store @param {Tree} tree */
function toolbar(store, tree) {
  const search = element("input", {
    type: "search",
    class: "orgkit-search",
    placeholder: "Search: name, tag:Team=web, owner:…, policy:…, problem",
    "aria-label": "Search by name, tag:, owner:, policy:, problem",
    value: store.filter.text,
    spellcheck: "false",
  });
  const count = element("span", { class: "orgkit-count", "aria-live": "polite" });
  let timer = 0;
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(() => store.send({ type: "filter", text: search.value }), SEARCHES);
  };
  search.addEventListener("input", ask);
  search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && search.value) {
      search.value = "";
      ask();
    } else if (event.key === "ArrowDown" || event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      tree.host.focus({ preventScroll: true });
      const first = tree.shown.find((row) => store.filter.found?.has(row.id));
      if (first && event.key !== "Escape") tree.choose(first.id);
    }
  });
  /** @param {keyof typeof ICONS} name @param {string} label @param {() => void} does */
  const tool = (name, label, does) => {
    const made = element("button", { type: "button", title: label, "aria-label": label, class: "orgkit-tool" }, icon(name));
    made.addEventListener("click", does);
    return made;
  };
  const undo = tool("undo", "Undo", () => store.send({ type: "undo" }));
  const redo = tool("redo", "Redo", () => store.send({ type: "redo" }));
  const host = element(
    "div",
    { class: "orgkit-bar-top", role: "toolbar", "aria-label": "Designer" },
    element("span", { class: "orgkit-search-box" }, icon("search"), search),
    count,
    element("span", { class: "orgkit-space" }),
    undo,
    redo,
    element("span", { class: "orgkit-gap" }),
    tool("addAccount", "New account (Insert)", () => tree.add("account")),
    tool("addUnit", "New OU (Shift+Insert)", () => tree.add("ou")),
    element("span", { class: "orgkit-gap" }),
    tool("unfold", "Open everything", () => tree.turnAll(store.root, true)),
    tool("foldUp", "Close everything", () => tree.turnAll(store.root, false)),
  );
  const show = () => {
    const { undo: last, redo: next, counts } = store.around;
    undo.disabled = !last;
    redo.disabled = !next;
    undo.title = last ? `Undo: ${last} (Ctrl+Z)` : "Nothing to undo";
    redo.title = next ? `Redo: ${next} (Ctrl+Y)` : "Nothing to redo";
    const found = store.filter.found;
    const all = `${counts.accounts.toLocaleString("en")} accounts, ${counts.ous.toLocaleString("en")} OUs`;
    count.textContent = found ? `${found.size.toLocaleString("en")} found` : all;
  };
  store.watchers.add((answer) => {
    if (!answer.filter) return;
    if (!search.matches(":focus")) search.value = answer.filter.text;
    show();
  });
  return { host, search, show, tool };
}

/** @param {() => HTMLElement} host @returns {HTMLElement} the edge between tree and panels, moved by pointer or arrow keys */
function splitter(host) {
  const made = element("div", {
    class: "orgkit-splitter", role: "separator", tabindex: 0, "aria-orientation": "vertical", "aria-label": "Width of the tree",
    "aria-valuemin": 20, "aria-valuemax": 75, "aria-valuenow": 46,
  });
  const move = (/** @type {number} */ share) => {
    const kept = Math.round(Math.max(20, Math.min(75, share)));
    host().style.setProperty("--ok-split", `${kept}%`);
    made.setAttribute("aria-valuenow", String(kept));
  };
  made.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => made.setPointerCapture(event.pointerId));
  made.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const { left, width } = host().getBoundingClientRect();
    if (made.hasPointerCapture(event.pointerId)) move(((event.clientX - left) / width) * 100);
  });
  made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: -4, ArrowRight: 4 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(Number(made.getAttribute("aria-valuenow")) + step);
  });
  return made;
}

/** @param {any[]} blocks @returns {string} what a screen reader says of the last edit: its name and the first consequences */
function firstWords(blocks) {
  const heads = blocks.filter((block) => block.kind === "title").map((block) => `${block.text}: ${block.note}`);
  const items = blocks.flatMap((block) => block.items ?? []).slice(0, 4).map((item) => item.text);
  const texts = blocks.filter((block) => block.kind === "text").map((block) => block.text);
  return [...heads, ...items, ...texts].join(". ");
}

/** @param {Store} store @param {HTMLElement} host @param {HTMLElement} page */
function showTabs(store, host, page) {
  const { tabs, panel } = store.around;
  const focused = host.contains(/** @type {any} */ (host.getRootNode()).activeElement);
  host.replaceChildren(
    ...tabs.map((/** @type {any} */ tab) => {
      const chosen = tab.name === panel.name;
      const badge = tab.badge && element("span", { class: `orgkit-pill orgkit-${tab.tone}` }, tab.badge);
      const made = element(
        "button",
        { type: "button", role: "tab", "aria-selected": String(chosen), tabindex: chosen ? 0 : -1, "data-tab": tab.name },
        tab.label,
        badge,
      );
      made.addEventListener("click", () => store.send({ type: "show", panel: tab.name }));
      made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const at = (tabs.indexOf(tab) + step + tabs.length) % tabs.length;
        store.send({ type: "show", panel: tabs[at].name });
      });
      return made;
    }),
  );
  page.setAttribute("aria-label", tabs.find((/** @type {any} */ tab) => tab.name === panel.name)?.label ?? "");
  if (focused) /** @type {any} */ (host.querySelector("[aria-selected=true]"))?.focus({ preventScroll: true });
}

export default { initialize, render };
