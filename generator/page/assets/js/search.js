// The search box: clusters, models, groups, services and rules by a part of their name.

const HITS = 12;

/** What a text finds: kind, name, address. @param {string} text @returns {[string, string, string][]} */
function hits(text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  /** @type {[string, string, string][]} */
  const found = [];
  const add = (/** @type {string} */ kind, /** @type {string} */ name, /** @type {string} */ href) => {
    if (name.toLowerCase().includes(wanted)) found.push([kind, name, href]);
  };
  for (const model of MODELS) add("model", model.name, address("model", model.name));
  for (const cluster of CLUSTERS) add("cluster", cluster.name, address("cluster", cluster.name, {}));
  for (const group of new Set(CLUSTERS.flatMap((cluster) => cluster.groups))) add("group", group, address("overview", "", { group }));
  for (const row of DATA.tables.labels) add("label", `${row[0]}=${row[1]}`, address("overview", "", { l: `${row[0]}=${row[1]}` }));
  for (const code of new Set(FINDINGS.map((finding) => finding.code))) add("rule", code, address("findings", "", {}));
  const rank = (/** @type {string} */ name) => (name.toLowerCase() === wanted ? 0 : name.toLowerCase().startsWith(wanted) ? 1 : 2);
  return found.sort((a, b) => rank(a[1]) - rank(b[1]) || byName(a[1], b[1])).slice(0, HITS);
}

/** The box and its list (the pattern of a combobox). */
function searchBox() {
  const list = h("ul", { id: "hits", role: "listbox", "aria-label": "What was found", hidden: true });
  const input = /** @type {HTMLInputElement} */ (h("input", {
    id: "search", type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "hits", "aria-autocomplete": "list",
    autocomplete: "off", spellcheck: "false", placeholder: "Search clusters, models, labels …", "aria-label": "Search",
  }));
  let chosen = -1;
  const options = () => [...list.children];
  const choose = (/** @type {number} */ at) => {
    chosen = options().length ? (at + options().length) % options().length : -1;
    for (const [i, option] of options().entries()) option.setAttribute("aria-selected", String(i === chosen));
    if (chosen >= 0) input.setAttribute("aria-activedescendant", options()[chosen].id);
    else input.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  };
  const take = (/** @type {string} */ href) => {
    close();
    input.value = "";
    input.blur();
    location.hash = href;
  };
  const show = () => {
    const found = hits(input.value);
    list.replaceChildren(...found.map(([kind, name, href], i) => h("li", {
      role: "option", id: `hit-${i}`, "aria-selected": "false",
      on: { mousedown: (/** @type {Event} */ event) => { event.preventDefault(); take(href); } },
      "data-href": href,
    }, h("span", { class: "muted" }, kind), " ", name)));
    if (!found.length && input.value.trim()) list.replaceChildren(h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", id: "hit-none" }, "Nothing found"));
    list.hidden = !input.value.trim();
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (found.length) choose(0);
    else chosen = -1;
  };
  input.addEventListener("input", show);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && chosen >= 0) {
      take(/** @type {HTMLElement} */ (options()[chosen]).dataset.href || "");
    } else if (event.key === "Escape") {
      input.value = "";
      close();
      input.blur();
    }
  });
  return h("div", { class: "search" }, input, list);
}
