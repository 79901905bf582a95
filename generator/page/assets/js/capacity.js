// How full clusters are: of each resource the fullest place, as a share with its colour; what a plan moves with both sides.

const BINS = [0.0001, 0.25, 0.5, 0.75, 0.9, 1.0000001];
const BIN_WORDS = ["nothing", "to 25 %", "to 50 %", "to 75 %", "to 90 %", "to 100 %", "more than there is"];

/** Which colour a share has: 0 to 5, 6 for more than there is. @param {number} share */
const binOf = (share) => {
  const found = BINS.findIndex((limit) => share < limit);
  return found < 0 ? 6 : found;
};

/** What a level counts as: nodes, queues or storage, and its resource. @param {{place: string, resource: string}} level */
const columnOf = (level) => {
  const kind = level.place.split(" ")[0];
  return kind === "storage" ? "storage" : `${kind === "queue" ? "queues" : kind} ${level.resource}`;
};

/** The fullest place of each column. @param {Cluster} cluster */
function fullest(cluster) {
  const found = new Map();
  for (const level of cluster.rows("levels").map(levelOf)) {
    const column = columnOf(level);
    const share = fullness(level);
    const before = found.get(column);
    if (!before || (share ?? -1) > (before.share ?? -1)) found.set(column, { ...level, share });
  }
  return found;
}

/** @param {Cluster[]} clusters */
function capacityView(clusters) {
  const levels = new Map(clusters.map((cluster) => [cluster, fullest(cluster)]));
  const columns = [...new Set([...levels.values()].flatMap((found) => [...found.keys()]))].sort(byColumn);
  const { sort = "" } = route.options;
  const shares = (/** @type {Cluster} */ cluster) => {
    const found = levels.get(cluster);
    return sort === "any" ? Math.max(-1, ...[...(found?.values() || [])].map((level) => level.share ?? -1)) : found?.get(sort)?.share ?? -1;
  };
  const rows = sort ? [...clusters].sort((a, b) => shares(b) - shares(a) || byName(a.name, b.name)) : clusters;
  const over = clusters.filter((cluster) => [...(levels.get(cluster)?.values() || [])].some((level) => (level.share ?? 0) > 1));
  return [
    viewHead("Capacity", h("p", { class: "lead" },
      "What the specs ask for at the same time, of what there is; nobody asks a cluster. A cell is the fullest queue, the nodes together, what operators and agents ask of them, or the fullest storage class. ",
      h("strong", {}, `More than there is: asked for on ${over.length ? countOf(over.length, "cluster") : "no cluster"}.`))),
    h("div", { class: "row" },
      choice("Order", [["", "By name"], ["any", "Fullest first"]], sort, (value) => reoption({ sort: value })), heatLegend()),
    clusters.length ? longTable({
      label: "Capacity of clusters",
      head: heatHead(columns, sort),
      columns: columns.length + 1,
      rows,
      height: 46,
      draw: (cluster) => heatRow(cluster, levels.get(cluster) || new Map(), columns),
    }) : nothing("No cluster is meant by this filter."),
  ];
}

const KINDS_IN_ORDER = ["nodes", "operators", "queues", "storage"];

/** @param {string} a @param {string} b */
const byColumn = (a, b) => KINDS_IN_ORDER.indexOf(a.split(" ")[0]) - KINDS_IN_ORDER.indexOf(b.split(" ")[0]) || byName(a, b);

/** @param {string[]} columns @param {string} sort */
const heatHead = (columns, sort) =>
  h("tr", {}, h("th", { scope: "col", class: "corner" }, "Cluster"), columns.map((column) => {
    const [kind, resource = ""] = column.split(" ");
    return h("th", { scope: "col", "aria-sort": sort === column ? "descending" : null },
      h("button", { type: "button", class: "sorter", title: "Fullest first", on: { click: () => reoption({ sort: sort === column ? "" : column }) } },
        h("span", { class: "under" }, kind), resource || "classes", sort === column ? " ↓" : ""));
  }));

const heatLegend = () =>
  h("span", { class: "legend heat-legend" }, BIN_WORDS.map((word, i) => h("span", { class: `swatch heat-${i}` }, i === 6 ? "! " : "", word)));

/** @param {Cluster} cluster @param {Map<string, any>} levels @param {string[]} columns */
function heatRow(cluster, levels, columns) {
  return h("tr", {},
    h("th", { scope: "row" }, clusterLink(cluster.name), h("span", { class: "under" }, cluster.ring || "no ring")),
    columns.map((column) => heatCell(levels.get(column), MOVED.get(cluster.index))));
}

/** @param {any} level @param {Map<string, any> | undefined} moved */
function heatCell(level, moved) {
  if (!level) return h("td", { class: "empty" }, "");
  const { place, resource, used, of, share } = level;
  const sum = of === null ? `${amountText(resource, used)}, no limit said` : `${amountText(resource, used)} of ${amountText(resource, of)}`;
  const change = moved && moved.get(`${place} ${resource}`);
  const before = change && change[0] ? levelOf([place, resource, ...change[0]]) : null;
  const was = before ? fullness(before) : null;
  const now = share === null ? "?" : percentText(share);
  const title = `${place}, ${resource}: ${sum}${before ? `; before ${amountText(resource, before.used)}${before.of === null ? "" : ` of ${amountText(resource, before.of)}`}` : ""}`;
  return h("td", { class: `heat ${share === null ? "heat-none" : `heat-${binOf(share)}`}`, title },
    h("span", { class: "version" }, share !== null && share > 1 ? "! " : "", change ? `${was === null ? "new" : percentText(was)} → ${now}` : now),
    h("span", { class: "under" }, sum));
}
