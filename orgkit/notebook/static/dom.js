// @ts-check
// Elements and icons. Everything a person named becomes a text node: there is no HTML anywhere in this module.

/** @typedef {Record<string, any>} Attributes */

/**
 * An element with attributes and children; `on…` attributes are listeners, texts become text nodes, nothing is skipped.
 * @param {string} tag
 * @param {Attributes} attributes
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name === "value") /** @type {any} */ (made).value = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child || child === "") made.append(child);
  return made;
}

// Each drawn on a 16 × 16 grid with the colour of the text around it.
const ICONS = {
  root: "M8 1.8 14 5v1.2H2V5zM3.2 7.2h1.6v5H3.2zM7.2 7.2h1.6v5H7.2zM11.2 7.2h1.6v5h-1.6zM2 13.2h12v1.3H2z",
  ou: "M1.8 3.6h4.5l1.4 1.6h6.5v8H1.8z",
  account: "M8 1.6 13.6 4.5v7L8 14.4 2.4 11.5v-7zM8 3.1 4.4 5 8 6.9 11.6 5z",
  shield: "M8 1.5 13.2 3.4v4.2c0 3.2-2.1 5.6-5.2 6.9-3.1-1.3-5.2-3.7-5.2-6.9V3.4z",
  open: "M3.6 5.6 8 10l4.4-4.4-1-1L8 8 4.6 4.6z",
  closed: "M5.6 3.6 10 8l-4.4 4.4-1-1L8 8 4.6 4.6z",
  undo: "M6.6 2.4 2.4 6.4l4.2 4V7.6h2.6a2.7 2.7 0 0 1 0 5.4H6v1.5h3.2a4.2 4.2 0 0 0 0-8.4H6.6z",
  redo: "M9.4 2.4l4.2 4-4.2 4V7.6H6.8a2.7 2.7 0 0 0 0 5.4H10v1.5H6.8a4.2 4.2 0 0 1 0-8.4h2.6z",
  addAccount: "M7.2 2.5h1.6v4.7h4.7v1.6H8.8v4.7H7.2V8.8H2.5V7.2h4.7z",
  addUnit: "M1.8 3.6h4.5l1.4 1.6h6.5v8H1.8zM7.3 6.7v2.1H5.2v1.3h2.1v2.1h1.3v-2.1h2.1V8.8H8.6V6.7z",
  unfold: "M3.6 7.6 8 12l4.4-4.4-1-1L8 10 4.6 6.6zM3.6 3.4 8 7.8l4.4-4.4-1-1L8 5.8 4.6 2.4z",
  foldUp: "M3.6 8.4 8 4l4.4 4.4-1 1L8 6 4.6 9.4zM3.6 12.6 8 8.2l4.4 4.4-1 1L8 10.2l-3.4 3.4z",
  keys: "M1.5 3.5h13v9h-13zM2.8 4.8v6.4h10.4V4.8zM4 6h1.5v1.5H4zM7.2 6h1.5v1.5H7.2zM10.4 6h1.5v1.5h-1.5zM4.8 8.9h6.4v1.3H4.8z",
  search: "M7 2a5 5 0 0 1 4 8l3 3-1 1-3-3a5 5 0 1 1-3-9zm0 1.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
};

/**
 * @param {keyof typeof ICONS} name
 * @param {string} [extra] a further class
 * @returns {SVGElement}
 */
function icon(name, extra = "") {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `orgkit-icon ${extra}`);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}
