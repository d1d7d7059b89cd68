// @ts-check
// Dragging by pointer events, which mouse, pen and touch share. While a row hangs over an OU, the kernel is asked what
// dropping it there would mean, or why it would be refused.

const BEGINS = 4; // pixels until a press becomes a drag
const ASKS = 90; // milliseconds over a row until the kernel is asked
const STAYS = 250; // milliseconds more until it is asked for what takes longer
const OPENS = 700; // milliseconds over a closed row until it opens
const EDGE = 28; // pixels from the edge of the tree in which it scrolls

/** @param {Tree} tree */
function listenToPointer(tree) {
  const { store, host } = tree;
  /** @type {any} */
  let drag = null;
  let asking = 0;
  let opening = 0;
  let scrolling = 0;

  /** @param {number} x @param {number} y @returns {any} */
  const rowAt = (x, y) => /** @type {any} */ (host.getRootNode()).elementFromPoint(x, y)?.closest?.(".orgkit-row") ?? null;

  host.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    const row = /** @type {any} */ (event.target).closest(".orgkit-row");
    closeMenu(tree, false);
    if (!row || event.button !== 0) return;
    const id = row.dataset.node;
    if (/** @type {any} */ (event.target).closest(".orgkit-twist") && store.node(id).children.length) {
      tree.turn(id);
      return;
    }
    drag = { id, x: event.clientX, y: event.clientY, on: false, over: null, pointer: event.pointerId, event };
  });

  host.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!drag) return;
    if (!drag.on && !store.gone && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > BEGINS) begin(event);
    if (drag.on) hang(event);
  });

  /** @param {PointerEvent} event */
  const begin = (event) => {
    drag.on = true;
    drag.nodes = store.selected.includes(drag.id) ? [...store.selected] : [drag.id];
    host.setPointerCapture(event.pointerId);
    host.classList.add("orgkit-dragging");
    drag.words = drag.nodes.length === 1 ? store.node(drag.id).name : `${drag.nodes.length} things`;
    drag.tip = element("div", { class: "orgkit-tip", role: "status" }, element("strong", {}, drag.words), element("div"));
    host.parentElement.append(drag.tip);
  };

  /** @param {PointerEvent} event */
  const hang = (event) => {
    const home = host.parentElement.getBoundingClientRect();
    drag.at = { x: event.clientX - home.left, y: event.clientY - home.top };
    place();
    scroll(event);
    const row = rowAt(event.clientX, event.clientY);
    const id = row && host.contains(row) ? row.dataset.node : null;
    const node = id && store.node(id);
    const to = node && holderOf(node);
    if (to === drag.to) return;
    drag.over?.classList.remove("orgkit-drop", "orgkit-refused");
    drag.to = to;
    drag.over = to && tree.rows.get(to);
    drag.refused = false;
    tell("");
    clearTimeout(asking);
    clearTimeout(opening);
    if (!to) return;
    drag.over?.classList.add("orgkit-drop");
    const here = drag;
    asking = setTimeout(() => ask(here, to), ASKS);
    opening = setTimeout(() => !store.opened.has(to) && tree.turn(to, true), OPENS);
  };

  /** Below the pointer, or above it where there is more room; moved where it would not fit. */
  const place = () => {
    const { tip, at } = drag;
    const room = host.parentElement.clientHeight;
    const top = at.y > room / 2 ? at.y - 10 - tip.offsetHeight : at.y + 16;
    tip.style.left = `${at.x + 14}px`;
    tip.style.top = `${Math.max(2, Math.min(top, room - tip.offsetHeight - 2))}px`;
  };

  /** @param {any} here @param {string} to @param {boolean} [whole] with problems and steps, which take longer */
  const ask = (here, to, whole = false) => {
    const intent = { type: "move", nodes: here.nodes, to };
    store.send({ type: "preview", intent, whole }, (answer) => {
      if (drag !== here || here.to !== to || !answer.preview) return;
      here.refused = answer.preview.refused;
      here.over?.classList.toggle("orgkit-refused", here.refused);
      tell(answer.preview.text, here.refused);
      if (answer.preview.more) asking = setTimeout(() => ask(here, to, true), STAYS);
    });
  };

  /** @param {string} words @param {boolean} [refused] */
  const tell = (words, refused = false) => {
    drag.tip.lastChild.textContent = words;
    place();
    drag.tip.classList.toggle("orgkit-refused", refused);
  };

  /** @param {PointerEvent} event scroll while the pointer is near an edge */
  const scroll = (event) => {
    const box = host.getBoundingClientRect();
    const speed = event.clientY < box.top + EDGE ? -6 : event.clientY > box.bottom - EDGE ? 6 : 0;
    cancelAnimationFrame(scrolling);
    const step = () => {
      if (!drag?.on || !speed) return;
      host.scrollTop += speed;
      scrolling = requestAnimationFrame(step);
    };
    step();
  };

  /** @param {boolean} drop */
  const end = (drop) => {
    const done = drag;
    drag = null;
    clearTimeout(asking);
    clearTimeout(opening);
    cancelAnimationFrame(scrolling);
    if (!done) return;
    host.classList.remove("orgkit-dragging");
    done.over?.classList.remove("orgkit-drop", "orgkit-refused");
    done.tip?.remove();
    if (!drop) return;
    if (done.on) {
      if (done.to && !done.nodes.includes(done.to)) store.send({ type: "move", nodes: done.nodes, to: done.to });
    } else {
      tree.choose(done.id, { toggle: done.event.ctrlKey || done.event.metaKey, range: done.event.shiftKey });
    }
  };

  host.addEventListener("pointerup", () => end(true));
  // JupyterLab takes the keyboard for the cell when its output is pressed; it comes back with the click.
  host.addEventListener("click", () => tree.editor || tree.menu || host.focus({ preventScroll: true }));
  host.addEventListener("pointercancel", () => end(false));
  host.addEventListener(
    "keydown",
    (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape" || !drag?.on) return;
      event.stopImmediatePropagation();
      end(false);
    },
    { capture: true },
  );
  host.addEventListener("dblclick", (/** @type {MouseEvent} */ event) => {
    const row = /** @type {any} */ (event.target).closest(".orgkit-row");
    if (row && !(/** @type {any} */ (event.target).closest(".orgkit-twist"))) tree.turn(row.dataset.node);
  });
  host.addEventListener("contextmenu", (/** @type {MouseEvent} */ event) => {
    event.preventDefault();
    event.stopPropagation();
    const row = /** @type {any} */ (event.target).closest(".orgkit-row");
    if (!row) return;
    const id = row.dataset.node;
    if (store.selected.includes(id)) tree.focus = id;
    else tree.choose(id);
    openMenu(tree, { x: event.clientX, y: event.clientY });
  });
}
