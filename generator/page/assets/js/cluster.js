// One cluster: what runs, how full it is, its spec with origins, its objects, what it pulls, its findings.

/** @param {string} name */
function clusterView(name) {
  const cluster = CLUSTER_BY_NAME.get(name);
  if (!cluster) return [viewHead(name), nothing("There is no such cluster on this page.")];
  return [
    viewHead(cluster.name,
      h("p", { class: "lead" }, [cluster.ring ? `ring ${cluster.ring}` : "no ring", cluster.tier, cluster.platform, `hub ${cluster.hub}`, cluster.link, cluster.state].flatMap((word) => [tag(word), " "])),
      h("p", {}, Object.entries(cluster.labels).flatMap(([key, value]) => [h("a", { class: "tag", href: address("overview", "", { l: `${key}=${value}` }) }, `${key}=${value}`), " "]),
        cluster.groups.flatMap((group) => [h("a", { class: "tag", href: address("overview", "", { group }) }, `group ${group}`), " "])),
      h("p", { class: "place" }, h("code", {}, cluster.file))),
    cluster.compiled ? null : h("div", { class: "callout error", role: "note" }, "It cannot be compiled: errors stand in the way, see its findings below."),
    plannedFor(cluster),
    h("div", { class: "stack" }, servicesCard(cluster), roomCard(cluster), clusterVerdicts(cluster), queuesCard(cluster), clusterFindings(cluster),
      pullsCard(cluster), objectsCard(cluster), card("Effective spec", specTable(cluster))),
  ];
}

/** What the plan does here. @param {Cluster} cluster */
function plannedFor(cluster) {
  if (!PLAN || !PLAN.clusters.some((/** @type {any[]} */ row) => row[0] === cluster.index)) return null;
  const found = PLAN.sections.filter((/** @type {any[]} */ part) => places(part[2]).includes(cluster.index));
  return h("section", { class: "card" }, h("h2", {}, "What the plan changes here"), found.map((/** @type {any[]} */ part) => diffLines(part[1])),
    h("p", {}, h("a", { href: address("plan") }, "The whole plan")));
}

/** @param {Cluster} cluster */
function servicesCard(cluster) {
  const services = cluster.rows("services").map(serviceOf);
  if (!services.length) return null;
  const pins = new Map(cluster.rows("pins").map(([name, , said, by]) => [name, `◆ pinned by ${by}; file says ${said}`]));
  return card("What runs", plainTable("Services", ["Name", "Kind", "Model", "Version", "Runtime", "Replicas", "Queue", "Resources of a pod"], services.map((item) => [
    [h("span", { class: "muted" }, `${item.namespace}/`), item.name, item.exposed ? [" ", tag("exposed")] : null],
    item.kind, item.model ? modelLink(item.model) : "", [item.version || "", pins.has(item.model) ? h("span", { class: "under pin" }, pins.get(item.model)) : null], item.runtime,
    item.fewest === item.most ? item.most : `${item.fewest}–${item.most}`, item.queue || "",
    item.resources.map((/** @type {string[]} */ [key, value]) => `${key} ${value}`).join(", "),
  ])));
}

/** @param {Cluster} cluster */
function roomCard(cluster) {
  const levels = cluster.rows("levels").map(levelOf);
  if (!levels.length) return null;
  const moved = MOVED.get(cluster.index);
  return card("Room", plainTable("What is asked for, of what there is", ["Place", "Resource", "", "Asked for", "There is", "Share", ...(moved ? ["Before"] : [])], levels.map((level) => {
    const share = fullness(level);
    const change = moved && moved.get(`${level.place} ${level.resource}`);
    return [level.place, level.resource, share === null ? "" : bar(level.used, level.of || 1, share > 1 ? "over" : ""),
      amountText(level.resource, level.used), level.of === null ? "not said" : amountText(level.resource, level.of),
      share === null ? "" : share > 1 ? severityBadge(0, percentText(share)) : percentText(share),
      ...(moved ? [change ? (change[0] ? `${amountText(level.resource, change[0][0])} of ${change[0][1] === null ? "?" : amountText(level.resource, change[0][1])}` : "not there") : "the same"] : [])];
  }), { numbers: [3, 4, 5] }));
}

/** @param {Cluster} cluster */
function clusterVerdicts(cluster) {
  const admission = cluster.rows("verdicts").map(([kind, namespace, name, decision, reason]) => [`${kind} ${namespace}/${name}`, decision, reason]);
  const fits = cluster.rows("fits").map(([namespace, name, decision, , , reason]) => [`GPU of ${namespace}/${name}`, decision, reason]);
  if (!admission.length && !fits.length) return null;
  return card("Verdicts", [...admission, ...fits].map(([what, decision, reason]) => h("article", { class: "verdict" },
    h("p", {}, decisionBadge(decision), " ", h("strong", {}, what)), h("ul", { class: "sums" }, reason.split("; ").map((/** @type {string} */ part) => h("li", {}, part))))));
}

/** @param {Cluster} cluster */
function queuesCard(cluster) {
  const queues = cluster.rows("queues");
  if (!queues.length) return null;
  return card("Queues", plainTable("Queues", ["Queue", "Namespaces", "Cohort", "Quota", "Used by"], queues.map(([name, namespaces, local, cohort, quota, users]) => [
    [name, local === name ? null : h("span", { class: "under" }, `LocalQueue ${local}`)], namespaces.join(", "), cohort || "",
    h("ul", { class: "plain" }, quota.map((/** @type {any[]} */ [flavor, cells]) => h("li", {}, h("strong", {}, flavor), " ", cells.map((/** @type {string[]} */ cell) => cell.join(" ")).join(", ")))),
    users.join(", "),
  ])));
}

/** @param {Cluster} cluster */
function clusterFindings(cluster) {
  if (!cluster.findings.length) return null;
  return card("Findings", [...cluster.findings].map((i) => FINDINGS[i]).sort((a, b) => a.severity - b.severity).map((finding) =>
    h("div", {}, h("p", {}, severityBadge(finding.severity), " ", h("strong", {}, finding.code)), findingItem(finding))));
}

/** @param {Cluster} cluster */
function pullsCard(cluster) {
  const images = /** @type {any} */ (cluster.rows("images"));
  const models = cluster.rows("models").map(([name]) => MODEL_BY_NAME.get(name)).filter(Boolean);
  const operators = cluster.rows("operators");
  if (!images.length && !models.length && !operators.length) return null;
  return card("What it pulls",
    models.length ? plainTable("Models", ["Model", "Size", "Source"], models.map((model) => [modelLink(model.name), model.size, h("code", {}, imageText(model.source))])) : null,
    images.length ? h("ul", { class: "files" }, images.map((/** @type {string} */ image) => h("li", { title: image }, h("code", {}, imageText(image))))) : null,
    operators.length ? h("p", {}, h("strong", {}, "Operators: "), operators.map(([name, , channel]) => `${name}${channel ? ` (${channel})` : ""}`).join(", ")) : null);
}

/** Objects by kind; the name of one opens its text. @param {Cluster} cluster */
function objectsCard(cluster) {
  const objects = cluster.rows("objects");
  if (!objects.length) return null;
  const kinds = new Map();
  for (const row of objects) addTo(kinds, `${row[1]}\n${row[0]}`, row);
  const panel = h("div", { id: "object-text", class: "object", role: "region", "aria-label": "An object as YAML", hidden: true });
  const left = objects.filter((row) => row[4] === null).length;
  return card(`Objects: ${grouped(objects.length)}`,
    h("p", { class: "muted screen-only" }, "A name opens the object as it comes to the cluster."),
    plainTable("Objects by kind", ["Kind", "API group", "", "Names"], [...kinds].sort(([a], [b]) => byName(a, b)).map(([key, rows]) => [
      ...key.split("\n"), rows.length, h("ul", { class: "names-of" }, rows.map((/** @type {any[]} */ row) => h("li", {}, objectName(row, panel)))),
    ]), { numbers: [2] }),
    left ? h("p", { class: "muted" }, `${countOf(left, "object")} without text: the page has room for no more.`) : null,
    panel);
}

/** @param {any[]} row @param {HTMLElement} panel */
function objectName([, kind, namespace, name, place], panel) {
  const title = namespace ? `${namespace}/${name}` : name;
  if (place === null) return title;
  const button = h("button", { type: "button", class: "plain", "aria-expanded": "false", "aria-controls": "object-text", on: { click: () => toggle(button.getAttribute("aria-expanded") !== "true") } }, title);
  const toggle = (/** @type {boolean} */ open) => {
    for (const other of document.querySelectorAll(".names-of button")) other.setAttribute("aria-expanded", String(open && other === button));
    panel.hidden = !open;
    panel.replaceChildren();
    if (!open) return;
    append(panel, [
      h("p", { class: "row" }, h("strong", {}, `${kind} ${title}`), h("button", { type: "button", on: { click: () => { toggle(false); button.focus(); } } }, "Close")),
      h("pre", { class: "lines yaml", tabindex: "0" }, objectText(place)),
    ]);
    panel.scrollIntoView({ block: "nearest" });
  };
  return button;
}
