// A table of any length: only the rows in sight are drawn; all of them when it is printed.

const ROWS_PRINTED = 3000;
/** What redraws the tables of the view for paper. @type {Set<() => void>} */
const PRINTED = new Set();

/**
 * @param {{label: string, head: Node, columns: number, rows: any[], height: number, draw: (row: any, index: number) => Node}} given
 * `height` is that of a row in pixels, as the style has it; `head` is a row of the table's head.
 */
function longTable({ label, head, columns, rows, height, draw }) {
  const spacer = () => h("tr", { class: "spacer", "aria-hidden": "true" }, h("td", { colspan: columns }));
  const above = spacer();
  const below = spacer();
  const body = h("tbody", {});
  const table = h("table", { class: "long", "aria-rowcount": rows.length + 1 },
    h("caption", { class: "unseen" }, label), h("thead", {}, head), body);
  const box = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": label }, table);
  let shown = "";
  const redraw = (/** @type {number} */ first, /** @type {number} */ last) => {
    if (shown === `${first}-${last}`) return;
    shown = `${first}-${last}`;
    const drawn = rows.slice(first, last).map((row, i) => {
      const made = /** @type {HTMLElement} */ (draw(row, first + i));
      made.setAttribute("aria-rowindex", String(first + i + 2));
      return made;
    });
    keepFocus(body, () => body.replaceChildren(above, ...drawn, below));
    for (const [row, number] of /** @type {[HTMLElement, number][]} */ ([[above, first], [below, rows.length - last]])) {
      row.hidden = number === 0;
      /** @type {HTMLElement} */ (row.firstChild).style.height = `${number * height}px`;
    }
  };
  const inSight = () => {
    const first = Math.max(0, Math.floor(box.scrollTop / height) - 10);
    redraw(first, Math.min(rows.length, first + Math.ceil((box.clientHeight || 900) / height) + 20));
  };
  let waiting = false;
  box.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      inSight();
    });
  });
  PRINTED.add(() => redraw(0, Math.min(rows.length, ROWS_PRINTED)));
  requestAnimationFrame(inSight);
  inSight();
  return box;
}

/** Redraw, and leave the focus on the same link. @param {HTMLElement} body @param {() => void} act */
function keepFocus(body, act) {
  const focused = body.contains(document.activeElement) ? document.activeElement : null;
  const href = focused && focused.getAttribute("href");
  act();
  if (href) /** @type {HTMLElement | null} */ (body.querySelector(`a[href="${CSS.escape(href)}"]`))?.focus({ preventScroll: true });
}

addEventListener("beforeprint", () => {
  for (const act of PRINTED) act();
});
