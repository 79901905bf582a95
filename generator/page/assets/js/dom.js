// Elements. Everything that a spec says becomes text here, never markup.

/**
 * An element with its properties and children.
 * Properties: `class`, `on` (event -> listener), `style` (CSS variables, set through the object model, which the
 * page's policy allows), everything else an attribute; null and false leave one out.
 * @param {string} tag
 * @param {Object<string, any>} [given]
 * @param {...any} children nodes, texts, numbers, arrays of them; null for nothing
 * @returns {HTMLElement}
 */
function h(tag, given = {}, ...children) {
  return /** @type {HTMLElement} */ (filled(document.createElement(tag), given, children));
}

/**
 * The same for a drawing.
 * @param {string} tag
 * @param {Object<string, any>} [given]
 * @param {...any} children
 */
function svg(tag, given = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), given, children);
}

/** @param {Element & ElementCSSInlineStyle} element @param {Object<string, any>} given @param {any[]} children */
function filled(element, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === "style") for (const [key, set] of Object.entries(value)) element.style.setProperty(key, String(set));
    else element.setAttribute(name, value === true ? "" : visible(String(value)));
  }
  append(element, children);
  return element;
}

/** @param {Element} element @param {any[]} children */
function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : visible(String(child)));
  }
}

/** What would steer the reading of a text instead of being read: controls, and marks of direction and of no width. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The same with a name for each of them, so that nothing looks like something else. @param {string} text */
const visible = (text) => text.replace(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
