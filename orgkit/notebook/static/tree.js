// @ts-check
// The tree: only the rows on screen are elements. Keyboard in keys.js, dragging in drag.js.

const ROW = 24; // pixels
const BEYOND = 8; // rows kept above and below the screen
const KIND_ICONS = /** @type {const} */ (["root", "ou", "account"]);
const KIND_WORDS = ["root", "organizational unit", "account"];

class Tree {
  /** @param {Store} store @param {(words: string, error?: boolean) => void} say */
  constructor(store, say) {
    this.store = store;
    this.say = say;
    /** @type {Map<string, any>} */
    this.rows = new Map();
    /** @type {ReturnType<Store["visible"]>} */
    this.shown = [];
    /** @type {Map<string, number>} */
    this.places = new Map();
    this.focus = store.selected.at(-1) ?? store.root; // the node the keyboard is at
    this.anchor = this.focus; // where a range of selected nodes begins
    /** @type {string[]} */
    this.cut = []; // to be moved by keyboard
    /** @type {any} */
    this.menu = null; // while it is open
    /** @type {any} */
    this.editor = null; // the field in which a name is changed, while it is
    this.frame = 0;
    this.height = 0; // of what shows, in pixels
    this.name = `orgkit-${Math.random().toString(36).slice(2)}`;
    this.pad = element("div", { class: "orgkit-pad", role: "none" });
    this.empty = element("div", { class: "orgkit-empty", hidden: true }, "Nothing is found. Esc in the search box shows everything.");
    this.host = element(
      "div",
      { class: "orgkit-tree", role: "tree", tabindex: 0, "aria-multiselectable": "true", "aria-label": "Organization" },
      this.pad,
    );

    this.host.addEventListener("scroll", () => this.schedule(), { passive: true });
    this.host.addEventListener("focus", () => this.schedule());
    this.host.addEventListener("blur", () => this.schedule());
    this.resizing = new ResizeObserver(() => this.schedule());
    this.resizing.observe(this.host);
  }

  /** The rows differ from before: find out which show, then paint. */
  refresh() {
    this.shown = this.store.visible();
    this.empty.hidden = this.store.filter.found?.size !== 0;
    this.places = new Map(this.shown.map((row, place) => [row.id, place]));
    if (!this.places.has(this.focus)) this.focus = this.store.selected.find((id) => this.places.has(id)) ?? this.store.root;
    this.paint();
  }

  schedule() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frame = 0;
    this.pad.style.height = `${this.shown.length * ROW}px`;
    // Without a height it is hidden, or a theme is being exchanged: then as many rows as before.
    this.height = this.host.clientHeight || this.height;
    const first = Math.max(0, Math.floor(this.host.scrollTop / ROW) - BEYOND);
    const last = Math.min(this.shown.length, Math.ceil((this.host.scrollTop + this.height) / ROW) + BEYOND);
    const selected = new Set(this.store.selected);
    const kept = new Set();
    for (let place = first; place < last; place++) {
      const row = this.shown[place];
      kept.add(row.id);
      const made = this.fill(row);
      const top = `${place * ROW}px`;
      if (made.style.top !== top) made.style.top = top;
      made.id = `${this.name}-${place}`;
      made.setAttribute("aria-selected", String(selected.has(row.id)));
      made.classList.toggle("orgkit-focus", row.id === this.focus);
      made.classList.toggle("orgkit-cut", this.cut.includes(row.id));
    }
    for (const [id, made] of this.rows) {
      if (kept.has(id) || made.contains(this.editor)) continue;
      made.remove();
      this.rows.delete(id);
    }
    const at = this.places.get(this.focus);
    if (at !== undefined && at >= first && at < last) {
      this.host.setAttribute("aria-activedescendant", `${this.name}-${at}`);
    } else {
      this.host.removeAttribute("aria-activedescendant");
    }
  }

  /**
   * The element of a row, made or brought up to date; what did not change is not touched.
   * @param {{id: string, depth: number, place: number, size: number, open: boolean | null}} row
   */
  fill(row) {
    const node = this.store.node(row.id);
    let made = this.rows.get(row.id);
    if (!made) {
      made = element("div", { class: "orgkit-row", role: "treeitem", "data-node": row.id });
      this.rows.set(row.id, made);
      this.pad.append(made);
    }
    if (made.node !== node || made.open !== row.open) {
      if (!made.contains(this.editor)) made.replaceChildren(...rowParts(node, row.open));
      made.node = node;
      made.open = row.open;
      made.setAttribute("aria-label", rowWords(node));
      if (row.open === null) made.removeAttribute("aria-expanded");
      else made.setAttribute("aria-expanded", String(row.open));
      made.classList.toggle("orgkit-faint", this.store.filter.found !== null && !this.store.filter.found.has(row.id));
    }
    if (made.depth !== row.depth) {
      made.depth = row.depth;
      made.style.paddingLeft = `${4 + row.depth * 14}px`;
      made.setAttribute("aria-level", String(row.depth + 1));
    }
    made.setAttribute("aria-posinset", String(row.place));
    made.setAttribute("aria-setsize", String(row.size));
    return made;
  }

  /** @param {string} id bring a row on screen, its ancestors opened */
  reveal(id) {
    const closed = this.store.ancestors(id).filter((above) => !this.store.opened.has(above));
    if (closed.length) this.store.expand(closed, true);
    if (!this.places.has(id)) this.refresh();
    const place = this.places.get(id);
    if (place === undefined) return;
    const top = place * ROW;
    if (top < this.host.scrollTop) this.host.scrollTop = top;
    else if (top + ROW > this.host.scrollTop + this.host.clientHeight) {
      this.host.scrollTop = top + ROW - this.host.clientHeight;
    }
    this.schedule();
  }

  /**
   * Select a node: alone, added or taken away (`toggle`), or with all between it and the last one (`range`).
   * @param {string} id
   * @param {{toggle?: boolean, range?: boolean}} [how]
   */
  choose(id, { toggle = false, range = false } = {}) {
    let selected = [id];
    if (range && this.places.has(this.anchor)) {
      const [from, to] = [this.places.get(this.anchor) ?? 0, this.places.get(id) ?? 0];
      selected = this.shown.slice(Math.min(from, to), Math.max(from, to) + 1).map((row) => row.id);
      selected = [...selected.filter((one) => one !== id), id];
    } else if (toggle) {
      const others = this.store.selected.filter((one) => one !== id);
      selected = this.store.selected.includes(id) ? others : [...others, id];
    }
    if (!range) this.anchor = id;
    this.focus = id;
    this.store.select(selected);
    this.reveal(id);
    this.paint();
  }

  /** @param {string} id @param {boolean} [open] open or close a row; without `open`, the other way round */
  turn(id, open = !this.store.opened.has(id)) {
    if (!this.store.node(id).children.length) return;
    this.store.expand([id], open);
    this.refresh();
  }

  /** @param {string} id @param {boolean} open a row and everything below it */
  turnAll(id, open) {
    const found = [];
    const waiting = [id];
    while (waiting.length) {
      const node = this.store.node(/** @type {string} */ (waiting.pop()));
      if (!node.children.length) continue;
      found.push(node.id);
      waiting.push(...node.children);
    }
    this.store.expand(open ? found : found.filter((one) => one !== this.store.root), open);
    this.refresh();
  }

  /** @param {string} id rename in place; Enter says it to the kernel, Escape leaves the name */
  rename(id) {
    const node = this.store.node(id);
    if (node.kind === 0) return this.say("The root cannot be renamed.", true);
    if (this.store.gone) return;
    this.reveal(id);
    this.paint();
    const name = this.rows.get(id)?.querySelector(".orgkit-name");
    if (!name) return;
    const input = element("input", { class: "orgkit-edit", value: node.name, "aria-label": `New name of ${node.name}` });
    const end = (/** @type {boolean} */ keep) => {
      if (this.editor !== input) return;
      this.editor = null;
      const typed = input.value.trim();
      const made = this.rows.get(id);
      if (made) made.node = null;
      this.paint();
      if (keep && typed && typed !== node.name) this.store.send({ type: "rename", node: id, name: typed });
    };
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      end(event.key === "Enter");
      this.host.focus({ preventScroll: true });
    });
    input.addEventListener("blur", () => end(true));
    input.addEventListener("pointerdown", (/** @type {Event} */ event) => event.stopPropagation());
    this.editor = input;
    name.replaceChildren(input);
    input.focus({ preventScroll: true });
    input.select();
  }

  /** What the keyboard's commands are about: the selection, or the row it is at. */
  chosen() {
    return this.store.selected.length ? this.store.selected : [this.focus];
  }

  remove() {
    const those = this.chosen();
    if (those.includes(this.store.root)) return this.say("The root cannot be removed.", true);
    this.store.send({ type: "remove", nodes: those });
  }

  /** @param {string} [what] account or ou */
  add(what = "account") {
    this.store.send({ type: "compose", what, parent: this.focus });
  }

  dispose() {
    this.resizing.disconnect();
    cancelAnimationFrame(this.frame);
  }
}

/** @param {TreeNode} node @param {boolean | null} open @returns {Node[]} */
function rowParts(node, open) {
  const { badges } = node;
  const twist = element("span", { class: "orgkit-twist" });
  if (open !== null) twist.append(icon(open ? "open" : "closed"));
  const parts = [
    twist,
    icon(KIND_ICONS[node.kind], `orgkit-kind-${node.kind}`),
    element("span", { class: "orgkit-name" }, node.name),
  ];
  if (badges.h && node.kind) parts.push(element("span", { class: "orgkit-handle" }, badges.h));
  if (badges.a) parts.push(element("span", { class: "orgkit-handle" }, "management"));
  parts.push(element("span", { class: "orgkit-space" }));
  if (badges.m) parts.push(element("span", { class: "orgkit-pill orgkit-plan", title: `A plan would: ${badges.m}` }, badges.m));
  const bad = badges.e ? "error" : badges.w ? "warning" : "";
  if (bad) {
    const words = [badges.e && some(badges.e, "error"), badges.w && some(badges.w, "warning")].filter(Boolean).join(", ");
    const count = String((badges.e ?? 0) + (badges.w ?? 0));
    parts.push(element("span", { class: `orgkit-pill orgkit-${bad}`, title: words }, count));
  }
  if (badges.p || badges.f) {
    const names = [...(badges.p ?? []), ...(badges.f ? ["without FullAWSAccess"] : [])];
    const pill = element("span", { class: "orgkit-pill orgkit-policies", title: names.join("\n") }, icon("shield"));
    pill.append(String(badges.p?.length ?? 0));
    parts.push(pill);
  }
  const over = badges.o ? { class: "orgkit-cost orgkit-over", title: `${badges.o} over budget` } : { class: "orgkit-cost" };
  parts.push(element("span", over, badges.c ?? ""));
  return parts;
}

/** @param {number} count @param {string} word @returns {string} */
function some(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** @param {TreeNode} node @returns {string} what a screen reader says of a row */
function rowWords(node) {
  const { badges } = node;
  return [
    `${node.name}, ${badges.a ? "management account" : KIND_WORDS[node.kind]}`,
    badges.p && `attached: ${badges.p.join(", ")}`,
    badges.e && some(badges.e, "error"),
    badges.w && some(badges.w, "warning"),
    badges.c && `${badges.c} a month`,
    badges.o && `${badges.o} over budget`,
    badges.m && `a plan would ${badges.m}`,
  ]
    .filter(Boolean)
    .join(", ");
}
