// One model: what its file says, and where which version of it runs.

/** @param {string} name @param {Cluster[]} clusters */
function modelView(name, clusters) {
  const model = MODEL_BY_NAME.get(name);
  if (!model) return [viewHead(name), nothing("There is no such model in this fleet.")];
  const rows = clusters.flatMap((cluster) => {
    const found = cluster.rows("models").find(([other]) => other === name);
    return found ? [{ cluster, version: found[1] }] : [];
  });
  const versions = new Map();
  for (const { version } of rows) versions.set(version, (versions.get(version) || 0) + 1);
  const head = ["Cluster", "Version", "Ring", "Served by"];
  return [
    viewHead(model.name, h("p", { class: "lead" }, tag(model.format), " ", tag(model.size), " ", tag(`file says ${model.version}`)),
      h("p", { class: "place" }, h("code", {}, model.file), " takes it from ", h("code", { title: model.source }, imageText(model.source)))),
    card("Versions", versions.size ? plainTable("Versions", ["Version", "", "Clusters"], [...versions].sort(([a], [b]) => byName(b, a)).map(([version, number]) => [version === model.version ? version : [pinMark(), " ", version], bar(number, rows.length), grouped(number)]), { numbers: [2] }) : nothing("It runs on none of the clusters that the filter means.")),
    rows.length ? card("Where it runs", longTable({
      label: `Clusters that run ${name}`,
      head: h("tr", {}, head.map((text) => h("th", { scope: "col" }, text))),
      columns: head.length,
      rows,
      height: 34,
      draw: ({ cluster, version }) => h("tr", {}, h("th", { scope: "row" }, clusterLink(cluster.name)),
        h("td", {}, version === model.version ? version : [pinMark(), " ", version]), h("td", {}, cluster.ring || "no ring"),
        h("td", {}, cluster.rows("services").map(serviceOf).filter((item) => item.model === name).map((item) => `${item.namespace}/${item.name} (${item.runtime})`).join(", "))),
    })) : null,
  ];
}
