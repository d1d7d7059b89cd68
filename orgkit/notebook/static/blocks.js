// @ts-check
// Panels: lays out the blocks that orgkit/notebook/blocks.py makes, and sends what a person presses or types.

const TYPING = 110; // milliseconds until completions are asked for

class Blocks {
  /** @param {Store} store @param {HTMLElement} host */
  constructor(store, host) {
    this.store = store;
    this.host = host;
    /** @type {Map<string, string>} what was typed and not sent yet, by form and field */
    this.typed = new Map();
    /** @type {{json: string, made: any, fresh: boolean}[]} */
    this.shown = [];
    /** @type {Map<string, string>} the row that the keyboard is at, by tree */
    this.current = new Map();
    host.classList.add("orgkit-blocks");
  }

  /**
   * Show these instead; what is the same stays as it is, and so do what a person is typing and the keyboard's place.
   * @param {any[]} blocks
   * @returns {boolean} whether anything is another
   */
  show(blocks) {
    const now = blocks.map((block) => JSON.stringify(block));
    const root = /** @type {any} */ (this.host.getRootNode());
    const active = root.activeElement;
    const place = this.host.contains(active) ? { key: active.dataset.key, at: active.selectionStart ?? null, number: this.stops().indexOf(active) } : null;
    const unfolded = new Set([...this.host.querySelectorAll("details[open] > summary")].map((one) => one.textContent));
    // A button that is being pressed must not be replaced by its like: only blocks that differ are made anew.
    const kept = this.shown;
    const shown = blocks.map((block, i) => {
      let known = kept.findIndex((one) => one.json === now[i]);
      if (known < 0 && block.kind === "treegrid") {
        known = kept.findIndex((one) => one.made.grid?.block.key === block.key);
        if (known >= 0) kept[known].made.grid.update(block);
      }
      if (known < 0) return { json: now[i], made: this.block(block), fresh: true };
      return { json: now[i], made: kept.splice(known, 1)[0].made, fresh: false };
    });
    for (const one of kept) one.made.remove();
    shown.forEach(({ made }, i) => {
      if (this.host.childNodes[i] !== made) this.host.insertBefore(made, this.host.childNodes[i] ?? null);
    });
    this.shown = shown;
    for (const one of this.host.querySelectorAll("details")) {
      if (unfolded.has(one.querySelector("summary")?.textContent ?? "")) one.open = true;
    }
    const other = kept.length > 0 || shown.some((one) => one.fresh);
    if (place && this.host.contains(active) && active === root.activeElement) return other;
    const again = place?.key && [...this.host.querySelectorAll("[data-key]")].find((one) => /** @type {any} */ (one).dataset.key === place.key);
    if (again) {
      /** @type {any} */ (again).focus({ preventScroll: true });
      if (typeof place.at === "number" && /** @type {any} */ (again).setSelectionRange) {
        /** @type {any} */ (again).setSelectionRange(place.at, place.at);
      }
    } else if (shown.some((one, i) => one.fresh && blocks[i].focus)) {
      /** @type {any} */ (this.host.querySelector("input, select, textarea"))?.focus({ preventScroll: true });
    } else if (place && place.number >= 0) {
      // The button that was pressed may be gone: the keyboard stays about where it was.
      const stops = this.stops();
      (stops[Math.min(place.number, stops.length - 1)] ?? this.host).focus({ preventScroll: true });
    }
    return other;
  }

  /** Nothing is shown, so that everything is laid out anew. */
  clear() {
    this.host.replaceChildren();
    this.shown = [];
  }

  /** @returns {any[]} where the keyboard can be */
  stops() {
    return [...this.host.querySelectorAll("button:not(:disabled), input:not(:disabled), select, textarea, summary")];
  }

  /** @param {any} block @returns {Node} */
  block(block) {
    switch (block.kind) {
      case "title":
        return element("h4", {}, block.text, block.note && element("small", {}, block.note));
      case "text": {
        const tag = block.mono ? "pre" : "p";
        return element(tag, { class: `orgkit-${block.tone || "plain"}${block.strong ? " orgkit-strong" : ""}` }, block.text);
      }
      case "table":
        return this.table(block);
      case "buttons":
        return element("div", { class: "orgkit-buttons" }, ...block.buttons.map((/** @type {any} */ one) => this.button(one)));
      case "items":
        return element("ul", {}, ...block.items.map((/** @type {any} */ one) => this.item(one)));
      case "form":
        return this.form(block);
      case "bars":
        return this.bars(block);
      case "fold":
        return element(
          "details",
          { open: block.open },
          element("summary", {}, block.text),
          ...block.blocks.map((/** @type {any} */ inside) => this.block(inside)),
        );
      case "gauge":
        return this.gauge(block);
      case "treegrid":
        return new TreeGrid(this, block).host;
      case "diff":
        return this.diff(block.text);
      default:
        return element("p", {}, `This page does not know ${block.kind}; run the cell again.`);
    }
  }

  /** @param {any} one */
  button(one) {
    const made = element(
      "button",
      {
        type: "button", disabled: !one.enabled, title: one.tip || null, class: one.main ? "orgkit-main" : "",
        "data-key": JSON.stringify(one.intent),
      },
      one.label,
    );
    made.addEventListener("click", () => this.store.send(one.intent));
    return made;
  }

  /** @param {string} text @param {string | null} node what a click goes to @param {number | null} [tabindex] */
  link(text, node, tabindex = null) {
    if (!node) return document.createTextNode(text);
    const made = element("button", { type: "button", class: "orgkit-link", tabindex }, text);
    made.addEventListener("click", () => this.store.send({ type: "go", node }));
    return made;
  }

  /** @param {any} block */
  table(block) {
    const body = element("tbody");
    for (const row of block.rows) {
      const line = element("tr");
      for (const part of row) {
        const one = typeof part === "string" ? { text: part } : part;
        const cell = element("td", { class: `orgkit-${one.tone || "plain"}${one.number ? " orgkit-number" : ""}`, title: one.tip || null });
        if (one.depth) cell.style.paddingLeft = `${one.depth * 12}px`;
        cell.append(this.link(one.text, one.go));
        line.append(cell);
      }
      body.append(line);
    }
    const head = block.head.length && element("thead", {}, element("tr", {}, ...block.head.map((/** @type {string} */ one, /** @type {number} */ at) => element("th", { scope: "col", class: block.rows[0]?.[at]?.number && "orgkit-number" }, one))));
    return element("table", {}, head, body);
  }

  /** @param {any} one */
  item(one) {
    const words = element("div", { class: "orgkit-words" }, this.link(one.text, one.go));
    if (one.note) words.append(element("small", {}, one.note));
    const does = element("span", { class: "orgkit-buttons" }, ...one.buttons.map((/** @type {any} */ button) => this.button(button)));
    const sign = one.sign && element("span", { class: "orgkit-sign", "aria-hidden": "true" }, one.sign);
    return element("li", { class: `orgkit-${one.tone || "plain"}` }, sign, words, one.buttons.length ? does : null);
  }

  /** @param {any} block */
  bars(block) {
    const made = element("div", { class: "orgkit-bars", role: "table", "aria-label": block.legend });
    if (block.legend) made.append(element("small", { class: "orgkit-legend" }, block.legend));
    for (const row of block.rows) {
      const full = element("i", { class: "orgkit-full" });
      const part = element("i", { class: "orgkit-part" });
      full.style.width = `${row.full * 100}%`;
      part.style.width = `${row.part * 100}%`;
      made.append(
        element(
          "div",
          { role: "row" },
          element("span", { role: "rowheader", title: row.label }, row.label),
          element("span", { class: "orgkit-bar", role: "presentation" }, full, part),
          element("span", { role: "cell", class: "orgkit-number" }, row.text),
        ),
      );
    }
    return made;
  }

  /** @param {any} block */
  gauge(block) {
    const full = element("i", { class: "orgkit-full" });
    full.style.width = `${block.total ? (block.done / block.total) * 100 : 0}%`;
    const bar = element("span", {
      class: `orgkit-bar orgkit-${block.tone || "plain"}`, role: "progressbar", "aria-valuemin": 0, "aria-valuemax": block.total,
      "aria-valuenow": block.done, "aria-valuetext": block.text, "aria-label": "Progress",
    }, full);
    return element("div", { class: "orgkit-gauge" }, bar, element("span", {}, block.text));
  }

  /** @param {string} text */
  diff(text) {
    const made = element("pre", { class: "orgkit-diff", tabindex: 0, "aria-label": "What would change in the file" });
    for (const line of text.split("\n")) {
      const kind = line.startsWith("+++") || line.startsWith("---") || line.startsWith("@@") ? "head" : { "+": "more", "-": "less" }[line[0]];
      made.append(element("span", { class: kind ? `orgkit-${kind}` : "" }, `${line}\n`));
    }
    return made;
  }

  /** @param {any} block */
  form(block) {
    const made = element("form", { autocomplete: "off", class: block.inline ? "orgkit-inline" : "" });
    const send = (/** @type {Record<string, string>} */ values) => {
      this.store.send({ ...block.intent, ...("policy" in values ? values : {}), values }, (answer) => {
        if (answer.error) return;
        for (const [name, sent] of Object.entries(values)) {
          if (this.typed.get(`${block.key}/${name}`) === sent) this.typed.delete(`${block.key}/${name}`);
        }
      });
    };
    /** @type {any[]} */
    const inputs = [];
    for (const field of block.fields) {
      const key = `${block.key}/${field.name}`;
      const input = this.input(field, key, block.submit ? null : send);
      inputs.push(input);
      const label = field.label && element("span", {}, field.label);
      made.append(element("label", { class: `orgkit-field orgkit-of-${field.input}` }, label, input, field.input === "complete" && this.completions(input, field)));
    }
    if (block.submit) made.append(element("button", { type: "submit", class: "orgkit-main" }, block.submit));
    made.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      if (block.submit) send(Object.fromEntries(inputs.map((input) => [input.name, input.value])));
    });
    return made;
  }

  /**
   * @param {any} field
   * @param {string} key
   * @param {((values: Record<string, string>) => void) | null} send for fields that send on their own
   */
  input(field, key, send) {
    const value = this.typed.get(key) ?? field.value;
    const common = { name: field.name, "data-key": key, disabled: !field.enabled };
    const label = field.label ? {} : { "aria-label": field.hint || field.name };
    if (field.input === "select") {
      const options = field.choices.map((/** @type {string} */ one) => element("option", { value: one }, one || field.hint));
      const made = element("select", { ...common, ...label }, ...options);
      made.value = field.value;
      if (send) made.addEventListener("change", () => send({ [field.name]: made.value }));
      return made;
    }
    const area = field.input === "area";
    const made = element(area ? "textarea" : "input", {
      ...common, ...label, placeholder: field.hint || null, spellcheck: "false", rows: area ? 12 : null,
    });
    made.value = value;
    made.addEventListener("input", () => this.typed.set(key, made.value));
    if (send && field.input === "search") {
      let timer = 0;
      made.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => send({ [field.name]: made.value }), TYPING);
      });
      made.type = "search";
    } else if (send) {
      made.addEventListener("change", () => {
        if (made.value === field.value) this.typed.delete(key);
        else send({ [field.name]: made.value });
      });
      made.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape") {
          made.value = field.value;
          this.typed.delete(key);
        }
      });
    }
    return made;
  }

  /** @param {any} input @param {any} field a list below a field with what the kernel thinks is being typed */
  completions(input, field) {
    const name = `orgkit-${Math.random().toString(36).slice(2)}`;
    const list = element("div", { id: name, class: "orgkit-completions", role: "listbox", hidden: true, "aria-label": `${field.label}: suggestions` });
    input.setAttribute("aria-controls", name);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    let timer = 0;
    let at = -1;
    const hide = () => {
      list.hidden = true;
      at = -1;
      input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-expanded", "false");
    };
    const take = (/** @type {string} */ words) => {
      input.value = words;
      this.typed.set(input.dataset.key, words);
      hide();
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const words = input.value;
        this.store.send({ type: "complete", field: field.name, words }, (answer) => {
          if (input.value !== words) return; // more was typed since, and is being asked about
          const found = (answer.completions ?? []).filter((/** @type {string} */ one) => one !== input.value);
          list.replaceChildren(...found.map((/** @type {string} */ one, /** @type {number} */ i) => {
            const made = element("div", { id: `${name}-${i}`, role: "option", "aria-selected": "false" }, one);
            made.addEventListener("pointerdown", (/** @type {Event} */ event) => {
              event.preventDefault();
              take(one);
            });
            return made;
          }));
          at = -1;
          list.hidden = !found.length;
          input.setAttribute("aria-expanded", String(!list.hidden));
        });
      }, TYPING);
    });
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (list.hidden) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        at = (at + step + list.children.length) % list.children.length;
        [...list.children].forEach((/** @type {any} */ one, i) => one.setAttribute("aria-selected", String(i === at)));
        input.setAttribute("aria-activedescendant", list.children[at].id);
        list.children[at].scrollIntoView({ block: "nearest" });
      } else if (event.key === "Enter" && at >= 0) {
        event.preventDefault();
        take(list.children[at].textContent);
      } else if (event.key === "Escape") hide();
    });
    input.addEventListener("blur", hide);
    return list;
  }
}
