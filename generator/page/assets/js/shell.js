// What stands around every view: the head with search and theme, the way to the views, the filter, the help.

const VIEWS = [
  ...(PLAN ? [["plan", "Plan"]] : []),
  ["overview", "Overview"], ["placement", "Placement"], ["capacity", "Capacity"], ["verdicts", "Verdicts"], ["rollout", "Rollout"], ["findings", "Findings"],
];
const THEMES = ["", "light", "dark"];

function drawTop() {
  const theme = h("button", { type: "button", id: "theme", on: { click: nextTheme } });
  append(byId("top"), [
    h("a", { class: "brand", href: "#/overview" }, mark(), h("span", {}, DATA.fleet), h("span", { class: "muted" }, " nearedge")),
    searchBox(),
    h("div", { class: "tools" }, theme, h("button", { type: "button", id: "help", "aria-label": "Help and keys", on: { click: openHelp } }, "?")),
  ]);
  setTheme(remembered("theme"));
}

const mark = () =>
  svg("svg", { viewBox: "0 0 24 24", width: "22", height: "22", "aria-hidden": "true" },
    svg("rect", { x: "2", y: "2", width: "9", height: "9", rx: "2", fill: "currentColor" }),
    svg("path", { d: "M15 6.5h6M6.5 15v6M15 15h6v6h-6z", stroke: "currentColor", "stroke-width": "2.4", fill: "none", "stroke-linecap": "round", "stroke-linejoin": "round" }));

/** @param {string} theme "" for what the system says */
function setTheme(theme) {
  const known = THEMES.includes(theme) ? theme : "";
  document.documentElement.dataset.theme = known;
  byId("theme").textContent = { "": "Theme: auto", light: "Theme: light", dark: "Theme: dark" }[known] || "";
  remember("theme", known);
}

function nextTheme() {
  setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme || "") + 1) % THEMES.length]);
}

function drawSide() {
  byId("side").replaceChildren(h("ul", {}, VIEWS.map(([view, text], i) =>
    h("li", {}, h("a", { href: address(view), "aria-current": route.view === view ? "page" : null }, text, h("kbd", { "aria-hidden": "true" }, i + 1))))));
}

/** What narrows the clusters down, and how many are left. @param {Cluster[]} clusters */
function filterBar(clusters) {
  const { ring = "", group = "", tier = "", l = "" } = route.filter;
  const wrong = termsOf(l) === null;
  const pick = (/** @type {string} */ key, /** @type {string} */ text, /** @type {string[]} */ values, /** @type {string} */ chosen) =>
    h("div", { class: "field" }, h("label", { for: `filter-${key}` }, text), h("select", { id: `filter-${key}`, on: { change: (/** @type {any} */ event) => refilter({ [key]: event.target.value }) } },
      h("option", { value: "" }, "all"), values.map((value) => h("option", { value, selected: value === chosen }, value === "none" ? "no ring" : value))));
  const labels = DATA.tables.labels.length <= 400 ? h("datalist", { id: "known-labels" }, DATA.tables.labels.map((/** @type {string[]} */ row) => h("option", { value: row.join("=") }))) : null;
  return h("form", { class: "filter", role: "search", "aria-label": "Filter of clusters", on: { submit: (/** @type {Event} */ event) => event.preventDefault() } },
    pick("ring", "Ring", ringsOf(CLUSTERS), ring),
    pick("group", "Group", [...new Set(CLUSTERS.flatMap((cluster) => cluster.groups))].sort(byName), group),
    pick("tier", "Tier", [...new Set(CLUSTERS.map((cluster) => cluster.tier))].sort(byName), tier),
    h("div", { class: "field grow" }, h("label", { for: "filter-l" }, "Labels"), h("input", {
      id: "filter-l", type: "text", value: l, list: labels ? "known-labels" : null, placeholder: "region=emea, site!=berlin", spellcheck: "false", autocomplete: "off",
      "aria-invalid": String(wrong), "aria-describedby": "filter-said",
      on: { change: (/** @type {any} */ event) => refilter({ l: event.target.value.trim() }) },
    }), labels),
    h("p", { id: "filter-said", role: "status" }, wrong ? severityBadge(0, "not a selector: region=emea, region in (a, b), !region") : `${grouped(clusters.length)} of ${countOf(CLUSTERS.length, "cluster")}`),
    Object.values(route.filter).some(Boolean) ? h("button", { type: "button", on: { click: () => refilter({ ring: "", group: "", tier: "", l: "" }) } }, "Clear filter") : null);
}

function openHelp() {
  const single = remembered("keys") !== "off";
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { "aria-labelledby": "help-title" },
    h("h2", { id: "help-title" }, "Keys"),
    h("dl", { class: "keys" }, [["/", "search"], ["1 … 9", "go to a view"], ["?", "this help"], ["Esc", "leave"], ["↑ ↓ Enter", "choose what was found"]].map(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])),
    h("label", { class: "row" }, h("input", { type: "checkbox", id: "single-keys", checked: single, on: { change: (/** @type {any} */ event) => remember("keys", event.target.checked ? "" : "off") } }), "Single keys work"),
    h("p", {}, "The filter and the view are in the address: a link shows others the same. Everything on this page comes from the specs and from Git; no cluster was asked."),
    h("form", { method: "dialog" }, h("button", {}, "Close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea, dialog") || remembered("keys") === "off") return;
  const view = VIEWS[Number(event.key) - 1];
  if (event.key === "/") byId("search").focus();
  else if (event.key === "?") openHelp();
  else if (view) location.hash = address(view[0]);
  else return;
  event.preventDefault();
}
