// The data of the page, with its columns named again (the order of columns is that of generator/page/data.py).

const DATA = JSON.parse(byId("data").textContent || "{}");
const SEVERITIES = ["error", "warning", "note"];

/** Numbers written as runs: [first, how many, ...]. @param {number[]} runs */
function places(runs) {
  const found = [];
  for (let i = 0; i < runs.length; i += 2) for (let k = 0; k < runs[i + 1]; k++) found.push(runs[i] + k);
  return found;
}

/** @param {number[]} runs */
function countIn(runs) {
  let found = 0;
  for (let i = 1; i < runs.length; i += 2) found += runs[i];
  return found;
}

const LISTS = [
  "labels", "services", "queues", "models", "pins", "operators", "lines", "objects", "images", "levels", "verdicts", "fits",
];

/** One cluster; its lists are looked up when they are asked for. */
class Cluster {
  /** @param {any[]} row @param {number} index */
  constructor(row, index) {
    const [tier, ring, hub, platform, state, link, groups, folder] = DATA.tables.places[row[2]];
    Object.assign(this, { tier, ring, hub, platform, state, link, groups });
    this.row = row;
    this.index = index;
    /** @type {string} */ this.name = row[0];
    this.compiled = Boolean(row[1]);
    this.file = `${folder}${row[0]}.yaml`;
    /** @type {Object<string, string>} */ this.labels = Object.fromEntries(this.rows("labels"));
    /** Index of the worst severity; 3 for none. */ this.worst = 3;
    /** @type {number[]} */ this.findings = [];
  }

  /** Places of its rows in a table. @param {string} table */
  places(table) {
    return places(this.row[3 + LISTS.indexOf(table)]);
  }

  /** @param {string} table */
  count(table) {
    return countIn(this.row[3 + LISTS.indexOf(table)]);
  }

  /** @param {string} table @returns {any[][]} */
  rows(table) {
    const rows = DATA.tables[table];
    return this.places(table).map((place) => rows[place]);
  }
}

/** The text of an object; the lines in which it differs from another one are all that is written of it. @param {number} place @returns {string} */
function objectText(place) {
  const row = DATA.texts[place];
  if (typeof row === "string") return row;
  const [base, ...changes] = row;
  const lines = objectText(base).split("\n");
  // From the last one, so that the numbers of lines before it hold.
  for (let i = changes.length - 3; i >= 0; i -= 3) lines.splice(changes[i], changes[i + 1], ...changes[i + 2]);
  return lines.join("\n");
}

const CLUSTERS = DATA.clusters.map((row, index) => new Cluster(row, index));
const CLUSTER_BY_NAME = new Map(CLUSTERS.map((cluster) => [cluster.name, cluster]));

const MODELS = DATA.models.map(([name, file, format, size, source, version]) => ({ name, file, format, size, source, version }));
const MODEL_BY_NAME = new Map(MODELS.map((model) => [model.name, model]));

const FINDINGS = DATA.findings.map(([code, severity, file, line, column, message, hint, about, reason, until], index) => ({
  index, code, severity, file, line, column, message, hint, about: places(about), reason, until,
}));
for (const finding of FINDINGS) {
  for (const place of finding.about) {
    CLUSTERS[place].findings.push(finding.index);
    if (!finding.until) CLUSTERS[place].worst = Math.min(CLUSTERS[place].worst, finding.severity);
  }
}

/** @param {any[]} row */
const serviceOf = ([namespace, name, kind, model, version, runtime, queue, fewest, most, resources, exposed]) => ({
  namespace, name, kind, model, version, runtime, queue, fewest, most, resources, exposed: Boolean(exposed),
});

/** @param {any[]} row */
const levelOf = ([place, resource, used, of]) => ({ place, resource, used, of });

/** How full something is; null where nobody says how much there is. @param {{used: number, of: number | null}} level */
function fullness(level) {
  if (level.of === null) return null;
  return level.of ? level.used / level.of : level.used > 0 ? 2 : 0;
}

/** @param {string} file the cluster's own is "" */
function layerOf(file) {
  if (file === "") return "this cluster";
  if (file === "clusters/fleet.yaml") return "fleet defaults";
  return file.replace(/^clusters\/groups\//, "group ").replace(/\.yaml$/, "");
}

const PLAN = DATA.plan;
const ROLLOUT = DATA.rollout;

/** Name of a cluster by its place in the plan, which also knows those that the page does not show. @param {number} place */
const plannedName = (place) => (place < CLUSTERS.length ? CLUSTERS[place].name : PLAN.others[place - CLUSTERS.length]);

/** Of each cluster the levels that a plan moves: "place resource" -> [before, after]. */
const MOVED = new Map();
for (const [place, resource, before, after, , clusters] of PLAN ? PLAN.capacity : []) {
  for (const cluster of places(clusters)) {
    if (!MOVED.has(cluster)) MOVED.set(cluster, new Map());
    MOVED.get(cluster).set(`${place} ${resource}`, [before, after]);
  }
}
