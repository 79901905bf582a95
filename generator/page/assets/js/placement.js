// Which model runs where: models by clusters, each cell with version and runtime, pins marked.

/** @param {Cluster[]} clusters */
function placementView(clusters) {
  const running = new Map();
  for (const cluster of clusters) {
    for (const [name, version] of cluster.rows("models")) {
      if (!running.has(name)) running.set(name, new Map());
      running.get(name).set(version, (running.get(name).get(version) || 0) + 1);
    }
  }
  const models = MODELS.filter((model) => running.has(model.name));
  const idle = MODELS.filter((model) => !running.has(model.name));
  const used = clusters.filter((cluster) => cluster.count("models"));
  return [
    viewHead("Placement", h("p", { class: "lead" },
      `${countOf(models.length, "model")} on ${countOf(used.length, "cluster")}. `,
      pinMark(), " stands where a ring, a group or a cluster pins another version than the model's file says.")),
    models.length ? matrix(used, models, running) : nothing("No model runs on the clusters that the filter means."),
    idle.length ? card("Run nowhere", h("p", {}, idle.flatMap((model, i) => [i ? ", " : "", modelLink(model.name)]))) : null,
  ];
}

const pinMark = () => h("span", { class: "pin", role: "img", "aria-label": "pinned" }, "◆");

/** @param {Cluster[]} clusters @param {any[]} models @param {Map<string, Map<string, number>>} running */
function matrix(clusters, models, running) {
  const head = h("tr", {}, h("th", { scope: "col", class: "corner" }, "Cluster"), models.map((model) => {
    const versions = [...running.get(model.name) || []].sort(([a], [b]) => byName(b, a));
    return h("th", { scope: "col" }, modelLink(model.name), h("ul", { class: "versions" },
      versions.map(([version, number]) => h("li", {}, version, " ", h("span", { class: "muted" }, `× ${grouped(number)}`)))));
  }));
  return longTable({
    label: "Placement of models on clusters",
    head,
    columns: models.length + 1,
    rows: clusters,
    height: 46,
    draw: (cluster) => placementRow(cluster, models),
  });
}

/** @param {Cluster} cluster @param {any[]} models */
function placementRow(cluster, models) {
  const versions = new Map(/** @type {any} */ (cluster.rows("models")));
  const pins = new Map(cluster.rows("pins").map(([name, version, said, by]) => [name, { version, said, by }]));
  const services = cluster.rows("services").map(serviceOf);
  return h("tr", {},
    h("th", { scope: "row" }, clusterLink(cluster.name), h("span", { class: "under" }, cluster.ring || "no ring")),
    models.map((model) => {
      const version = versions.get(model.name);
      if (version === undefined) return h("td", { class: "empty" }, "");
      const pin = pins.get(model.name);
      const runtimes = [...new Set(services.filter((item) => item.model === model.name).map((item) => item.runtime))].join(", ");
      const title = pin ? `pinned by ${pin.by}: ${pin.version}; the model's file says ${pin.said}` : `${model.name} ${version}`;
      return h("td", { class: pin ? "placed pinned" : "placed", title }, h("span", { class: "version" }, pin ? [pinMark(), " "] : null, version), h("span", { class: "under" }, runtimes));
    }));
}
