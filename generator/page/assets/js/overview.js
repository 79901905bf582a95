// The fleet at a glance: numbers, the map of rings by a label, rings, tiers, and the list of clusters.

const TILES_DRAWN = 1500;

/** @param {Cluster[]} clusters */
function overviewView(clusters) {
  const sum = (/** @type {string} */ table) => clusters.reduce((all, cluster) => all + cluster.count(table), 0);
  const ray = clusters.reduce((all, cluster) => all + cluster.rows("services").filter(([, , kind]) => kind.startsWith("Ray")).length, 0);
  const running = new Set(clusters.flatMap((cluster) => cluster.rows("models").map(([name]) => name)));
  const open = findingsAbout(clusters).filter((finding) => !finding.until);
  return [
    viewHead("Fleet overview", h("p", { class: "lead" }, leadText(clusters))),
    tilesOf([
      ["Clusters", grouped(clusters.length)],
      ["Models running", `${running.size} of ${MODELS.length}`, address("placement")],
      ["Model servers", grouped(sum("services") - ray), address("placement")],
      ["Ray workloads", grouped(ray)],
      ["Queues", grouped(sum("queues")), address("capacity")],
      ["Objects", grouped(sum("objects"))],
      ...SEVERITIES.map((severity, i) => /** @type {[string, any, string]} */ ([
        `${severity[0].toUpperCase()}${severity.slice(1)}s`,
        countBadge(i, open.filter((finding) => finding.severity === i).length),
        address("findings", "", route.filter, { severity }),
      ])),
    ]),
    h("div", { class: "columns" }, fleetMap(clusters), h("div", { class: "stack" }, ringCard(clusters), tierCard(clusters))),
    card("Clusters", clusterList(clusters)),
  ];
}

/** None of a kind is fine. @param {number} severity @param {number} number */
const countBadge = (severity, number) => severityBadge(number ? severity : 3, grouped(number));

/** @param {Cluster[]} clusters */
function leadText(clusters) {
  const broken = clusters.filter((cluster) => !cluster.compiled).length;
  const hubs = new Set(clusters.map((cluster) => cluster.hub)).size;
  const parts = [`${DATA.fleet}: ${countOf(clusters.length, "cluster")} on ${countOf(hubs, "hub")}`];
  if (broken) parts.push(`${countOf(broken, "cluster")} cannot be compiled`);
  if (DATA.unreadable.length) parts.push(`left out, as the spec has errors: ${DATA.unreadable.join(", ")}`);
  return `${parts.join("; ")}.`;
}

/** Findings about some clusters, and with all of them those about the fleet. @param {Cluster[]} clusters */
function findingsAbout(clusters) {
  if (clusters.length === CLUSTERS.length) return FINDINGS;
  const wanted = new Set(clusters.flatMap((cluster) => cluster.findings));
  return FINDINGS.filter((finding) => wanted.has(finding.index));
}

/** Keys of labels with few values: what a map can be laid out by. @param {Cluster[]} clusters */
function mapKeys(clusters) {
  const values = new Map();
  for (const cluster of clusters) {
    for (const [key, value] of Object.entries(cluster.labels)) values.set(key, (values.get(key) || new Set()).add(value));
  }
  return [...values].filter(([, found]) => found.size <= 24).map(([key]) => key).sort(byName);
}

/** Rings by the values of a label; each cluster a tile. @param {Cluster[]} clusters */
function fleetMap(clusters) {
  const keys = [...mapKeys(clusters), "tier", "platform"];
  const key = keys.includes(route.options.by) ? route.options.by : keys.includes("region") ? "region" : keys[0];
  const valueOf = (/** @type {any} */ cluster) => (key === "tier" || key === "platform" ? cluster[key] : cluster.labels[key]) || "none";
  const columns = [...new Set(clusters.map(valueOf))].sort(byName);
  const rings = ringsOf(clusters);
  const cells = new Map();
  for (const cluster of clusters) {
    addTo(cells, `${cluster.ring || "none"}\n${valueOf(cluster)}`, cluster);
  }
  const draw = clusters.length <= TILES_DRAWN ? tiles : shareBar;
  const select = h("select", { id: "map-by", on: { change: (/** @type {any} */ event) => reoption({ by: event.target.value }) } },
    keys.map((name) => h("option", { value: name, selected: name === key }, name)));
  return card("Map",
    h("div", { class: "row" }, h("label", { for: "map-by" }, "Rings by "), select, legend()),
    h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Map of the fleet" }, h("table", { class: "map" },
      h("caption", { class: "unseen" }, `Clusters by ring and ${key}`),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Ring"), columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rings.map((ring) => h("tr", {},
        h("th", { scope: "row" }, ring),
        columns.map((name) => {
          const there = cells.get(`${ring}\n${name}`) || [];
          return h("td", {}, there.length ? [h("span", { class: "cell-count" }, grouped(there.length)), draw(there)] : h("span", { class: "muted" }, "–"));
        })))))));
}

const legend = () =>
  h("span", { class: "legend" }, [0, 1, 2, 3].map((severity) => severityBadge(severity, severity < 3 ? undefined : "no finding")));

/** @param {Cluster[]} clusters */
const tiles = (clusters) =>
  h("ul", { class: "tile-grid" }, clusters.map((cluster) => {
    const state = cluster.worst < 3 ? SEVERITIES[cluster.worst] : "no finding";
    return h("li", {}, h("a", { href: address("cluster", cluster.name), class: `tile ${STATES[cluster.worst]}`, title: `${cluster.name}: ${state}`, "aria-label": `${cluster.name}: ${state}` },
      h("span", { "aria-hidden": "true" }, SIGNS[cluster.worst])));
  }));

/** @param {Cluster[]} clusters */
const shareBar = (clusters) =>
  h("span", { class: "share" }, [0, 1, 2, 3].map((severity) => {
    const number = clusters.filter((cluster) => cluster.worst === severity).length;
    return number ? h("span", { class: `part ${STATES[severity]}`, style: { "flex-grow": number }, title: `${grouped(number)} ${STATES[severity]}` }, SIGNS[severity]) : null;
  }));

/** Rings in their order, as far as clusters are in them. @param {Cluster[]} clusters */
function ringsOf(clusters) {
  const there = new Set(clusters.map((cluster) => cluster.ring || "none"));
  return [...DATA.rings.filter((ring) => there.has(ring)), ...(there.has("none") ? ["none"] : [])];
}

/** @param {Cluster[]} clusters */
function ringCard(clusters) {
  const rows = ringsOf(clusters).map((ring) => {
    const number = clusters.filter((cluster) => (cluster.ring || "none") === ring).length;
    const at = ROLLOUT && ROLLOUT.rings.find((found) => found.name === ring);
    const state = !at ? "" : at.holds ? (at.behind ? `${countOf(at.behind, "commit")} behind` : "as the main branch") : at.commit ? "its own tree" : "no ref yet";
    return [h("a", { href: address("overview", "", { ...route.filter, ring }) }, ring === "none" ? "no ring" : ring), bar(number, clusters.length), grouped(number), state];
  });
  return card("Rings", plainTable("Clusters by ring", ["Ring", "", "Clusters", "Rollout"], rows, { numbers: [2] }));
}

/** @param {Cluster[]} clusters */
function tierCard(clusters) {
  const found = new Map();
  for (const { tier, platform } of clusters) found.set(`${tier}\n${platform}`, (found.get(`${tier}\n${platform}`) || 0) + 1);
  const rows = [...found].sort(([a], [b]) => byName(a, b)).map(([key, number]) => [...key.split("\n"), grouped(number)]);
  return card("Tiers and platforms", plainTable("Clusters by tier and platform", ["Tier", "Platform", "Clusters"], rows, { numbers: [2] }));
}

/** @param {Cluster[]} clusters */
function clusterList(clusters) {
  if (!clusters.length) return nothing("No cluster is meant by this filter.");
  const head = ["Cluster", "Ring", "Tier", "Platform", "Groups", "Services", "Queues", "Findings", "Labels"];
  return longTable({
    label: "Clusters",
    head: h("tr", {}, head.map((text) => h("th", { scope: "col" }, text))),
    columns: head.length,
    rows: clusters,
    height: 34,
    draw: (cluster) => h("tr", {},
      h("th", { scope: "row" }, clusterLink(cluster.name)),
      h("td", {}, cluster.ring || h("span", { class: "muted" }, "no ring")),
      h("td", {}, cluster.tier),
      h("td", {}, cluster.platform),
      h("td", {}, cluster.groups.join(", ")),
      h("td", { class: "number" }, cluster.count("services")),
      h("td", { class: "number" }, cluster.count("queues")),
      h("td", {}, severityBadge(cluster.worst, cluster.worst < 3 ? String(cluster.findings.filter((i) => !FINDINGS[i].until).length) : "none")),
      h("td", { class: "quiet" }, Object.entries(cluster.labels).map(([key, value]) => `${key}=${value}`).join(", "))),
  });
}
