// @ts-check
// One panel on its own: blocks, and the messages of what is pressed in them.

/** @param {{model: any, el: HTMLElement}} given */
function render({ model, el }) {
  let number = 0;
  /** @type {Map<number, (answer: any) => void>} */
  const waiting = new Map();
  const send = (/** @type {any} */ intent, /** @type {any} */ then) => {
    waiting.set(++number, then ?? (() => {}));
    model.send({ ...intent, number });
  };
  const page = element("div", { class: "orgkit-page" });
  const status = element("div", { class: "orgkit-status orgkit-error", role: "alert" });
  const panel = new Blocks(/** @type {any} */ ({ send }), page);
  const take = (/** @type {any} */ answer) => {
    status.textContent = answer.error ?? "";
    waiting.get(answer.answers)?.(answer);
    waiting.delete(answer.answers);
    if (answer.blocks) panel.show(answer.blocks);
  };
  model.on("msg:custom", take);
  const host = element("div", { class: "orgkit orgkit-alone", "data-lm-suppress-shortcuts": "true" }, page, status);
  host.addEventListener("keydown", (/** @type {Event} */ event) => event.stopPropagation());
  el.append(host);
  panel.show(model.get("state").blocks);
  host.dataset.ready = "true";
  return () => model.off("msg:custom", take);
}

export default { render };
