// Pieces that several views are made of.

const SIGNS = ["✕", "▲", "●", "✓"];
const STATES = ["error", "warning", "note", "fine"];

/** A severity by its sign and its word: never by colour alone. @param {number} severity @param {string} [text] */
const severityBadge = (severity, text) =>
  h("span", { class: `badge ${STATES[severity]}` }, h("span", { "aria-hidden": "true" }, SIGNS[severity]), " ", text || SEVERITIES[severity] || "no finding");

const DECISIONS = { NEVER: 0, "IF-IDLE": 1, UNDECIDED: 1, ADMIT: 3, TIGHT: 1, FITS: 3 };

/** @param {string} decision */
const decisionBadge = (decision) => severityBadge(DECISIONS[decision] ?? 2, decision);

/** @param {string} text @param {string} [kind] */
const tag = (text, kind = "") => h("span", { class: `tag ${kind}` }, text);

/** @param {string} name */
const clusterLink = (name) =>
  CLUSTER_BY_NAME.has(name) ? h("a", { href: address("cluster", name) }, name) : h("span", {}, name);

/** @param {string} name */
const modelLink = (name) => (MODEL_BY_NAME.has(name) ? h("a", { href: address("model", name) }, name) : h("span", {}, name || "–"));

/** The head of a view. @param {string} title @param {...any} more */
const viewHead = (title, ...more) => h("header", { class: "view-head" }, h("h1", { tabindex: "-1" }, title), ...more);

/** @param {string} title @param {...any} children */
const card = (title, ...children) => h("section", { class: "card" }, h("h2", {}, title), ...children);

/** @param {string} text */
const nothing = (text) => h("p", { class: "nothing" }, text);

/** A bar with its numbers beside it. @param {number} part @param {number} of @param {string} [kind] */
function bar(part, of, kind = "") {
  const share = of ? Math.min(part / of, 1) : 0;
  return h("span", { class: `bar ${kind}`, "aria-hidden": "true" }, h("span", { style: { width: `${share * 100}%` } }));
}

/**
 * A plain table.
 * @param {string} caption for those who do not see it
 * @param {string[]} head @param {any[][]} rows cells: anything that h takes
 * @param {{numbers?: number[]}} [given] columns that hold numbers
 */
function plainTable(caption, head, rows, { numbers = [] } = {}) {
  const cellClass = (/** @type {number} */ i) => (numbers.includes(i) ? "number" : null);
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, head.map((text, i) => h("th", { scope: "col", class: cellClass(i) }, text || h("span", { class: "unseen" }, "more"))))),
      h("tbody", {}, rows.map((cells) => h("tr", {},
        cells.map((cell, i) => (i ? h("td", { class: cellClass(i) }, cell) : h("th", { scope: "row" }, cell))))))));
}

/** Rows of which the first many are shown, and the rest when asked. @param {any[]} rows @param {(row: any) => Node} draw @param {number} [most] */
function firstMany(rows, draw, most = 60) {
  const list = h("div", { class: "many" }, rows.slice(0, most).map(draw));
  if (rows.length <= most) return list;
  const more = h("button", { type: "button", class: "more", on: { click: () => {
    more.remove();
    append(list, rows.slice(most).map(draw));
  } } }, `Show all ${grouped(rows.length)}`);
  return h("div", {}, list, more);
}

/** Some clusters by name, the others behind a fold. @param {string[]} names @param {number} [most] */
function clusterNames(names, most = 4) {
  const shown = names.slice(0, most).flatMap((name, i) => [i ? ", " : "", clusterLink(name)]);
  if (names.length <= most) return h("span", { class: "names" }, shown);
  const rest = h("details", { class: "inline" }, h("summary", {}, `${grouped(names.length - most)} more`));
  // Names of thousands are written when somebody opens them.
  rest.addEventListener("toggle", () => {
    if (rest.childElementCount === 1) append(rest, [h("p", {}, names.slice(most).flatMap((name, i) => [i ? ", " : "", clusterLink(name)]))]);
  });
  return h("span", { class: "names" }, shown, " ", rest);
}

/** Numbers that stand out. @param {[string, any, (string | null)?][]} tiles label, value, address */
const tilesOf = (tiles) =>
  h("dl", { class: "tiles" }, tiles.map(([label, value, href]) =>
    h("div", {}, h("dt", {}, label), h("dd", {}, href ? h("a", { href }, value) : value))));

/** A set of buttons of which one is pressed. @param {string} label @param {[string, string][]} choices @param {string} chosen @param {(value: string) => void} act */
const choice = (label, choices, chosen, act) =>
  h("div", { class: "choice", role: "group", "aria-label": label }, choices.map(([value, text]) =>
    h("button", { type: "button", "aria-pressed": String(value === chosen), on: { click: () => act(value) } }, text)));
