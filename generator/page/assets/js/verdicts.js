// Whether workloads are admitted and models fit, with the sums; the same verdict on many clusters is one row.

const ORDER = ["NEVER", "IF-IDLE", "UNDECIDED", "TIGHT", "ADMIT", "FITS"];

/** Rows of a table, each with the clusters that have it. @param {Cluster[]} clusters @param {string} table */
function sharedRows(clusters, table) {
  const found = new Map();
  for (const cluster of clusters) {
    for (const place of cluster.places(table)) {
      const names = found.get(place);
      if (names) names.push(cluster.name);
      else found.set(place, [cluster.name]);
    }
  }
  return [...found].map(([place, names]) => ({ row: DATA.tables[table][place], names }));
}

/** @param {Cluster[]} clusters */
function verdictsView(clusters) {
  const admission = sharedRows(clusters, "verdicts").map(({ row: [kind, namespace, name, decision, reason], names }) => ({
    what: `${kind} ${namespace}/${name}`, decision, reason, names,
  }));
  const fits = sharedRows(clusters, "fits").map(({ row: [namespace, name, decision, , , reason], names }) => ({
    what: `${namespace}/${name}`, decision, reason, names,
  }));
  return [
    viewHead("Verdicts", h("p", { class: "lead" },
      "Whether Kueue admits a workload beside everything else that its cluster declares, and whether a model fits the GPU that its server gets.")),
    verdictCard("Admission", admission, "decision"),
    verdictCard("Models on GPUs", fits, "fit"),
  ];
}

/** @param {string} title @param {any[]} rows @param {string} option */
function verdictCard(title, rows, option) {
  if (!rows.length) return card(title, nothing("Nothing of this kind runs on the clusters that the filter means."));
  const number = (/** @type {any[]} */ found) => found.reduce((all, { names }) => all + names.length, 0);
  const there = ORDER.filter((decision) => rows.some((row) => row.decision === decision));
  const chosen = there.includes(route.options[option]) ? route.options[option] : "";
  const shown = rows.filter((row) => !chosen || row.decision === chosen)
    .sort((a, b) => ORDER.indexOf(a.decision) - ORDER.indexOf(b.decision) || b.names.length - a.names.length || byName(a.what, b.what));
  const choices = /** @type {[string, string][]} */ ([["", `All ${grouped(number(rows))}`],
    ...there.map((decision) => [decision, `${decision} ${grouped(number(rows.filter((row) => row.decision === decision)))}`])]);
  return card(title, choice(`${title}: which`, choices, chosen, (value) => reoption({ [option]: value })),
    firstMany(shown, ({ what, decision, reason, names }) => h("article", { class: "verdict" },
      h("p", {}, decisionBadge(decision), " ", h("strong", {}, what), " ", h("span", { class: "muted" }, names.length > 1 ? `on ${grouped(names.length)} clusters: ` : "on "), clusterNames(names)),
      h("ul", { class: "sums" }, reason.split("; ").map((/** @type {string} */ part) => h("li", {}, part))))));
}
