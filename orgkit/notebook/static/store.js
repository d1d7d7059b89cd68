// @ts-check
// What the kernel said last, and the messages to it. The browser decides nothing: it asks, and shows the answer.

/**
 * A node of the tree. Badges: h handle, p policies, f without FullAWSAccess, c planned cost, o over budget by,
 * e w n errors, warnings and notes, m what a plan would do, a management account.
 * @typedef {{id: string, name: string, kind: number, badges: Record<string, any>, parent: string | null,
 *   children: string[]}} TreeNode
 * @typedef {Record<string, any>} Answer
 */

const PATIENCE = 5000; // milliseconds without an answer until a person is told
const GONE =
  "The kernel that held this design is gone. What you see is how it stood; nothing can be changed here any more. " +
  "Run the cell again: edits that were not saved are offered there.";

/** @param {() => void} does once what an answer brought is laid out */
function afterwards(does) {
  queueMicrotask(does);
}

class Store {
  /** @param {any} model the widget's model */
  constructor(model) {
    this.model = model;
    /** @type {Map<string, TreeNode>} */
    this.nodes = new Map();
    /** @type {Set<string>} */
    this.opened = new Set();
    /** @type {string[]} */
    this.selected = [];
    /** @type {{text: string, found: Set<string> | null}} */
    this.filter = { text: "", found: null };
    /** @type {Answer} */
    this.around = {};
    this.root = "";
    this.number = Math.floor(Math.random() * 2 ** 40); // answers go to all views: none takes another's for its own
    this.due = 0;
    this.quiet = 0;
    this.gone = false; // whether the kernel is another one, or none
    /** @type {Map<number, (answer: Answer) => void>} */
    this.waiting = new Map();
    /** @type {Set<(answer: Answer) => void>} */
    this.watchers = new Set();
    this.begin(model.get("state"));
    this.take = this.take.bind(this);
    model.on("msg:custom", this.take);
    // The connection went or came back: asking for everything tells which.
    this.ask = () => this.reach({ type: "whole" });
    model.on("comm_live_update", this.ask);
  }

  /** The view is gone. */
  leave() {
    clearTimeout(this.due);
    this.watchers.clear();
    this.model.off("msg:custom", this.take);
    this.model.off("comm_live_update", this.ask);
  }

  /** @param {Answer} state everything, when the browser begins */
  begin(state) {
    this.nodes.clear();
    const ids = state.rows.map((/** @type {any[]} */ row) => row[0]);
    for (const [id, name, kind, badges, place] of state.rows) {
      const parent = place < 0 ? null : ids[place];
      this.nodes.set(id, { id, name, kind, badges, parent, children: [] });
      if (parent !== null) this.node(parent).children.push(id);
    }
    this.root = ids[0];
    this.opened = new Set(state.opened);
    this.selected = state.selected;
    this.found(state.filter);
    this.around = state;
  }

  /** @param {string} id @returns {TreeNode} */
  node(id) {
    return /** @type {TreeNode} */ (this.nodes.get(id));
  }

  /** @param {Answer} answer what is different now */
  take(answer) {
    if (answer.rows) {
      this.begin(answer);
      this.gone = false;
    }
    if (answer.patch) this.patch(answer.patch);
    if (answer.filter) this.found(answer.filter);
    if (answer.view) {
      this.selected = answer.view.selected;
      for (const id of answer.view.opened) this.opened.add(id);
    }
    if (answer.panel) this.around = { ...this.around, ...answer };
    const waiting = this.waiting.get(answer.answers);
    this.waiting.delete(answer.answers);
    if (waiting) waiting(answer);
    for (const watcher of this.watchers) watcher(answer);
    if (answer.due) this.wait(answer.due);
  }

  /**
   * Ask for what takes longer once nothing else was asked for in a while, in which this is painted.
   * @param {number} quiet milliseconds
   */
  wait(quiet) {
    clearTimeout(this.due);
    this.quiet = quiet;
    this.due = setTimeout(() => {
      if (this.waiting.size) return this.wait(quiet); // an answer is still to come
      this.quiet = 0;
      this.send({ type: "ready" });
    }, quiet);
  }

  /** @param {{rows: any[][], children: Record<string, string[]>, gone: string[]}} patch */
  patch(patch) {
    for (const [id, name, kind, badges] of patch.rows) {
      const known = this.nodes.get(id);
      this.nodes.set(id, { id, name, kind, badges, parent: known?.parent ?? null, children: known?.children ?? [] });
    }
    for (const [parent, children] of Object.entries(patch.children)) {
      this.node(parent).children = children;
      for (const child of children) this.node(child).parent = parent;
    }
    for (const id of patch.gone) {
      this.nodes.delete(id);
      this.opened.delete(id);
    }
    this.selected = this.selected.filter((id) => this.nodes.has(id));
  }

  /** @param {{text: string, found: string[] | null}} filter */
  found(filter) {
    this.filter = { text: filter.text, found: filter.found && new Set(filter.found) };
  }

  /**
   * Tell the kernel what a person did.
   * @param {Answer} intent
   * @param {(answer: Answer) => void} [then] called with the answer
   */
  send(intent, then) {
    if (this.gone) return;
    if (this.quiet) this.wait(this.quiet);
    this.reach(intent, then);
  }

  /** @param {Answer} intent @param {(answer: Answer) => void} [then] try to tell the kernel */
  reach(intent, then) {
    const number = ++this.number;
    this.waiting.set(number, then ?? (() => {}));
    const stalled = () => {
      if (this.gone || !this.waiting.has(number)) return;
      const error = "The kernel does not answer yet: it may be busy with a cell. Nothing is shown as done before it is.";
      for (const watcher of this.watchers) watcher({ error });
    };
    setTimeout(stalled, PATIENCE);
    try {
      this.model.send({ ...intent, number });
    } catch {
      this.waiting.clear();
      this.gone = true;
      for (const watcher of this.watchers) watcher({ gone: GONE });
    }
  }

  /** @param {string} id @returns {string[]} from the root down to the node's parent */
  ancestors(id) {
    const found = [];
    for (let above = this.nodes.get(id)?.parent; above; above = this.node(above).parent) found.unshift(above);
    return found;
  }

  /** @param {string[]} ids @param {boolean} open */
  expand(ids, open) {
    for (const id of ids) open ? this.opened.add(id) : this.opened.delete(id);
    this.send({ type: "expand", nodes: ids, open });
  }

  /** @param {string[]} ids */
  select(ids) {
    this.selected = ids;
    this.send({ type: "select", nodes: ids });
  }

  /**
   * The rows that show, in order, each with how deep it stands and its place among those beside it.
   * @returns {{id: string, depth: number, place: number, size: number, open: boolean | null}[]}
   */
  visible() {
    const wanted = this.filter.found && new Set(this.filter.found);
    if (wanted) for (const id of this.filter.found ?? []) for (const above of this.ancestors(id)) wanted.add(above);
    const rows = [];
    /** @type {[string, number, number, number][]} */
    const waiting = [[this.root, 0, 1, 1]];
    while (waiting.length) {
      const [id, depth, place, size] = /** @type {[string, number, number, number]} */ (waiting.pop());
      const all = this.node(id).children;
      const children = wanted ? all.filter((child) => wanted.has(child)) : all;
      const open = children.length ? (wanted ? true : this.opened.has(id)) : null;
      rows.push({ id, depth, place, size, open });
      if (open) {
        for (let i = children.length - 1; i >= 0; i--) waiting.push([children[i], depth + 1, i + 1, children.length]);
      }
    }
    return rows;
  }
}
