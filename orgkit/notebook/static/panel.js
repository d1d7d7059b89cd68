// @ts-check
// One panel on its own: blocks, and the messages of what is pressed in them.

const WAIT = 5000; // milliseconds without an answer until a person is told

/** @param {{model: any}} given */
function initialize({ model }) {
  // A view that comes later begins with what is shown now. This is not sent back: the kernel knows it.
  model.on("msg:custom", (/** @type {any} */ answer) => {
    if (answer.blocks) model.set("state", { blocks: answer.blocks });
  });
}

/** @param {{model: any, el: HTMLElement}} given */
function render({ model, el }) {
  let number = Math.floor(Math.random() * 2 ** 40); // answers go to all views: none takes another's for its own
  /** @type {Map<number, (answer: any) => void>} */
  const waiting = new Map();
  const send = (/** @type {any} */ intent, /** @type {any} */ then) => {
    const mine = ++number;
    waiting.set(mine, then ?? (() => {}));
    const stalled = () => {
      if (!waiting.has(mine)) return;
      status.textContent = "The kernel does not answer. It may be busy; if it was restarted, run the cell again.";
    };
    setTimeout(stalled, WAIT);
    try {
      model.send({ ...intent, number: mine });
    } catch {
      stalled(); // the connection is closed: the kernel is another one, or none
    }
  };
  const page = element("div", { class: "orgkit-page" });
  const status = element("div", { class: "orgkit-status orgkit-error", role: "alert" });
  const said = element("div", { class: "orgkit-said", role: "status" }); // what a screen reader says by itself
  const panel = new Blocks(/** @type {any} */ ({ send }), page);
  const show = (/** @type {any[]} */ blocks) => {
    panel.show(blocks);
    const words = blocks.filter((block) => block.live).map((block) => block.text).join("\n");
    if (said.textContent !== words) said.textContent = words;
  };
  const take = (/** @type {any} */ answer) => {
    const then = waiting.get(answer.answers);
    waiting.delete(answer.answers);
    if (then) {
      status.textContent = answer.error ?? "";
      then(answer);
    }
    if (answer.blocks) show(answer.blocks);
  };
  model.on("msg:custom", take);
  const host = element("div", { class: "orgkit orgkit-alone", "data-lm-suppress-shortcuts": "true" }, page, status, said);
  host.addEventListener("keydown", (/** @type {Event} */ event) => event.stopPropagation());
  el.append(host);
  show(model.get("state").blocks);
  host.dataset.ready = "true";
  return () => model.off("msg:custom", take);
}

export default { initialize, render };
