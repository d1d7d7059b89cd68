// @ts-check
// A tree of rows with columns, as outline.py makes it: the kernel keeps what is open and sends the rows that show.

class TreeGrid {
  /** @param {any} panel the Blocks it stands in @param {any} block */
  constructor(panel, block) {
    this.panel = panel;
    this.name = `orgkit-${Math.random().toString(36).slice(2)}`;
    this.host = element("div", { class: "orgkit-treegrid", role: "treegrid", tabindex: 0, "data-key": block.key });
    this.host.grid = this;
    this.host.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.press(event));
    /** @type {any[]} */
    this.rows = [];
    /** @type {any[]} */
    this.lines = [];
    this.at = 0;
    this.update(block);
  }

  /** @param {any} block show this; rows that are the same stay as they are, also while they are being pressed */
  update(block) {
    /** @type {Map<string, any>} */
    const known = new Map(this.lines.map((line) => [line.json, line]));
    const widths = this.block && this.columns;
    this.block = block;
    this.rows = block.rows;
    if (widths !== this.columns || !this.top || this.top.json !== block.head.join()) this.lay();
    this.lines = this.rows.map((row) => {
      const json = JSON.stringify(row);
      const line = known.get(json) ?? this.line(row);
      known.delete(json);
      line.json = json;
      line.row = row;
      return line;
    });
    for (const line of known.values()) line.remove();
    const first = block.head.length ? 1 : 0;
    this.lines.forEach((line, i) => {
      line.id = `${this.name}-${i}`;
      if (this.host.childNodes[first + i] !== line) this.host.insertBefore(line, this.host.childNodes[first + i] ?? null);
    });
    const place = this.rows.findIndex((row) => row.id === (block.at ?? this.panel.current.get(block.key)));
    this.at = place >= 0 ? place : Math.max(0, Math.min(this.at, this.rows.length - 1));
    this.mark();
    if (!block.at || place < 0) return;
    // A row that was asked for is brought on screen once this is laid out.
    requestAnimationFrame(() => {
      this.lines[this.at]?.scrollIntoView({ block: "center" });
      this.host.focus({ preventScroll: true });
    });
  }

  lay() {
    this.host.setAttribute("aria-label", this.block.label);
    this.host.style.gridTemplateColumns = `minmax(0, 1fr) repeat(${Math.max(0, this.columns - 1)}, max-content)`;
    this.top?.remove();
    this.top = this.head();
    this.top.json = this.block.head.join();
    if (this.block.head.length) this.host.prepend(this.top);
  }

  get columns() {
    return this.block.head.length || Math.max(1, ...this.rows.map((row) => row.cells.length));
  }

  head() {
    const cells = this.block.head.map((/** @type {string} */ one, /** @type {number} */ i) =>
      element("span", { role: "columnheader", class: i ? "orgkit-number" : "" }, one),
    );
    return element("div", { role: "row", class: "orgkit-line orgkit-columns" }, ...cells);
  }

  /** @param {any} row */
  line(row) {
    const made = element("div", {
      role: "row", class: `orgkit-line orgkit-${row.tone || "plain"}`,
      "aria-level": row.level, "aria-expanded": row.open === null ? null : String(row.open),
      "aria-posinset": row.place || null, "aria-setsize": row.size || null,
    });
    const [first, ...rest] = row.cells;
    const twist = element("span", { class: "orgkit-twist" });
    if (row.open !== null) twist.append(icon(row.open ? "open" : "closed"));
    const words = element("span", { class: "orgkit-words" }, this.words(first, row), row.note && element("small", {}, row.note));
    const name = element("span", { role: "gridcell", class: "orgkit-first" }, twist, row.sign && element("span", { class: "orgkit-sign" }, row.sign), words);
    name.style.paddingLeft = `${(row.level - 1) * 14}px`;
    made.append(name);
    if (row.more || !rest.length) name.style.gridColumn = "1 / -1";
    if (!row.more) for (const part of rest) made.append(this.cell(part));
    made.addEventListener("click", (/** @type {any} */ event) => {
      this.move(this.lines.indexOf(made));
      if (!event.target.closest("button") && !String(window.getSelection())) this.turn(row);
    });
    return made;
  }

  /** @param {any} part @param {any} row */
  words(part, row) {
    const one = typeof part === "string" ? { text: part } : part;
    if (row.more) {
      const made = element("button", { type: "button", class: "orgkit-link", tabindex: -1 }, one.text);
      made.addEventListener("click", () => this.more(row));
      return made;
    }
    const made = element("span", { class: `orgkit-${one.tone || "plain"}`, title: one.tip || null });
    made.append(this.panel.link(one.text, one.go, -1));
    return made;
  }

  /** @param {any} part */
  cell(part) {
    const one = typeof part === "string" ? { text: part } : part;
    const made = element("span", {
      role: "gridcell", title: one.tip || null, class: `orgkit-${one.tone || "plain"}${one.number ? " orgkit-number" : ""}`,
    });
    if (one.share !== undefined) {
      const full = element("i", { class: "orgkit-full" });
      full.style.width = `${Math.min(1, one.share) * 100}%`;
      const bar = element("span", { class: `orgkit-bar${one.share > 1 ? " orgkit-over" : ""}`, role: "presentation" }, full);
      made.append(bar, element("span", { class: "orgkit-share" }, one.text));
    } else made.append(this.panel.link(one.text, one.go, -1));
    return made;
  }

  /** @param {any} row */
  turn(row) {
    if (row.more) this.more(row);
    else if (row.open !== null) this.send({ type: "turn", row: row.id, open: !row.open });
  }

  /** @param {any} row */
  more(row) {
    this.send({ type: "more", row: row.parent });
  }

  /** @param {any} intent */
  send(intent) {
    this.panel.store.send({ ...intent, outline: this.block.key });
  }

  /** @param {number} place */
  move(place) {
    this.at = Math.max(0, Math.min(this.rows.length - 1, place));
    this.mark();
  }

  mark() {
    this.lines.forEach((line, place) => line.classList.toggle("orgkit-focus", place === this.at));
    if (!this.rows.length) return;
    this.host.setAttribute("aria-activedescendant", `${this.name}-${this.at}`);
    this.panel.current.set(this.block.key, this.rows[this.at].id);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const row = this.rows[this.at];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    switch (event.key) {
      case "ArrowDown": this.move(this.at + 1); break;
      case "ArrowUp": this.move(this.at - 1); break;
      case "Home": this.move(0); break;
      case "End": this.move(this.rows.length - 1); break;
      case "ArrowRight":
        if (row.open === false) this.turn(row);
        else if (row.open) this.move(this.at + 1);
        break;
      case "ArrowLeft":
        if (row.open) this.turn(row);
        else this.move(this.rows.findLastIndex((one, place) => place < this.at && one.level < row.level));
        break;
      case "Enter": case " ": {
        const go = typeof row.cells[0] === "string" ? null : row.cells[0].go;
        if (go && event.key === "Enter") this.panel.store.send({ type: "go", node: go });
        else this.turn(row);
        break;
      }
      default: return;
    }
    event.preventDefault();
    this.lines[this.at].scrollIntoView({ block: "nearest" });
  }
}
