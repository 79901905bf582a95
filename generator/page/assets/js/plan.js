// What a change does, for who reviews it: the sentence, how far it reaches, dangers first, then every difference.

/** @param {Cluster[]} clusters */
function planView(clusters) {
  if (!PLAN) return [viewHead("Plan"), nothing("This page was made without --plan.")];
  const [add, change, replace, remove] = PLAN.counts;
  const narrowed = clusters.length < CLUSTERS.length;
  const wanted = new Set(clusters.map((cluster) => cluster.index));
  const sections = PLAN.sections.filter((/** @type {any[]} */ part) => !narrowed || !part[2].length || places(part[2]).some((i) => wanted.has(i)));
  return [
    viewHead("Plan", h("p", { class: "sentence" }, PLAN.sentence), PLAN.head.map((/** @type {string} */ line) => planHead(line))),
    classCard(),
    tilesOf([
      ["To add", h("span", { class: "sign add" }, `+${grouped(add)}`)],
      ["To change", h("span", { class: "sign change" }, `~${grouped(change)}`)],
      ["To replace", h("span", { class: "sign replace" }, `±${grouped(replace)}`)],
      ["To remove", h("span", { class: "sign remove" }, `−${grouped(remove)}`)],
      ["Clusters touched", `${grouped(PLAN.touched[0])} of ${grouped(PLAN.touched[1])}`],
      ["Groups with danger", PLAN.dangers ? severityBadge(0, grouped(PLAN.dangers)) : severityBadge(3, "none")],
      ["Refused", PLAN.refused ? severityBadge(0, grouped(PLAN.refused)) : severityBadge(3, "nothing")],
    ]),
    PLAN.stopped ? h("div", { class: "callout error", role: "note" }, "Nothing was compared: the specs have errors, which are told below.") : null,
    h("div", { class: "columns" }, reachCard(), pullCard()),
    roomMoves(wanted, narrowed),
    h("section", { class: "card", "aria-labelledby": "differences" }, h("h2", { id: "differences" }, "Differences"),
      sections.length ? [foldButtons(), sections.map(planSection)] : nothing("Nothing differs on the clusters that the filter means.")),
  ];
}

const CLASSES = { danger: 0, caution: 1, routine: 3 };

/** How closely it has to be looked at, and why. */
function classCard() {
  const [level, reasons] = PLAN.class;
  return card("Class", h("p", {}, severityBadge(CLASSES[level] ?? 2, level), " ", reasons.length ? null : "nothing that somebody has to look at"),
    reasons.length ? h("ul", { class: "reasons" }, reasons.map((/** @type {any[]} */ [means, worth, clusters]) =>
      h("li", {}, severityBadge(CLASSES[worth] ?? 2, worth), " ", means, clusters.length ? [" ", h("span", { class: "muted" }, clusterNames(places(clusters).map(plannedName)))] : null))) : null);
}

/** Its class has a card of its own. @param {string} line */
const planHead = (line) =>
  line.startsWith("class:") ? null : line.startsWith("!") ? h("p", { class: "callout error", role: "note" }, line) : h("p", { class: "muted" }, line);

function reachCard() {
  const reached = new Map(PLAN.reach[1].map((/** @type {any[]} */ [name, touched]) => [name, touched]));
  return card("How far it reaches", plainTable("Clusters touched by ring", ["Ring", "", "Touched", "Of", "By acm/ at once"], PLAN.rings.map((/** @type {any[]} */ [name, touched, of]) =>
    [name || "no ring", bar(touched, of), grouped(touched), grouped(of), grouped(reached.get(name) || 0)]), { numbers: [2, 3, 4] }));
}

function pullCard() {
  const rows = PLAN.clusters.filter((/** @type {any[]} */ row) => row.length > 4)
    .sort((/** @type {any[]} */ a, /** @type {any[]} */ b) => (b[6] || 0) - (a[6] || 0) || b[4] - a[4]);
  if (!rows.length) return card("To pull", nothing("Nothing has to be pulled."));
  return card("To pull", plainTable("What clusters pull", ["Cluster", "Bytes", "Takes", "Window"], rows.slice(0, 12).map((/** @type {any[]} */ [place, , , , bytes, unknown, seconds, window, fits]) => [
    clusterLink(plannedName(place)), [bytesText(bytes), unknown ? h("span", { class: "under" }, `and ${countOf(unknown, "image")} of unknown size`) : null],
    seconds === null ? "bandwidth not said" : [durationText(seconds), " ", fits ? null : severityBadge(0, "longer than its window")], window || "none"])),
    rows.length > 12 ? h("p", { class: "muted" }, `${countOf(rows.length - 12, "more cluster")} take no longer.`) : null);
}

/** @param {Set<number>} wanted @param {boolean} narrowed */
function roomMoves(wanted, narrowed) {
  const rows = PLAN.capacity.filter((/** @type {any[]} */ row) => !narrowed || places(row[5]).some((i) => wanted.has(i)));
  if (!rows.length) return null;
  const side = (/** @type {string} */ resource, /** @type {any} */ level) => {
    if (!level) return h("span", { class: "muted" }, "not there");
    const share = fullness({ used: level[0], of: level[1] });
    const text = level[1] === null ? amountText(resource, level[0]) : `${amountText(resource, level[0])} of ${amountText(resource, level[1])}`;
    return [share === null ? null : bar(level[0], level[1] || 1, share > 1 ? "over" : ""), " ", text];
  };
  return card("Room before and after", firstMany([rows], () => plainTable("Room before and after", ["Place", "Resource", "Before", "After", "", "Clusters"], rows.slice(0, 200).map((/** @type {any[]} */ [place, resource, before, after, over, clusters]) =>
    [place, resource, side(resource, before), side(resource, after), over ? severityBadge(0, "too much") : "", clusterNames(places(clusters).map(plannedName))]))));
}

const foldButtons = () =>
  h("div", { class: "row screen-only" }, ["Open all", "Close all"].map((text, i) => h("button", { type: "button", on: { click: () => {
    for (const fold of document.querySelectorAll("details.diff")) /** @type {HTMLDetailsElement} */ (fold).open = i === 0;
  } } }, text)));

/** @param {any[]} part @param {number} index */
function planSection([title, lines, clusters], index) {
  const danger = lines.some((/** @type {string} */ line) => line.startsWith("!"));
  const removes = lines.some((/** @type {string} */ line) => line.startsWith("- "));
  const names = places(clusters).map(plannedName);
  const fold = h("details", { class: "diff", open: danger || removes || index < 3 },
    h("summary", {}, danger ? [severityBadge(0, "danger"), " "] : removes ? [severityBadge(1, "removes"), " "] : null, title, " ", h("span", { class: "muted" }, countOf(lines.length, "line"))));
  const fill = () => {
    if (fold.childElementCount > 1) return;
    append(fold, [names.length ? h("p", { class: "muted" }, names.length > 1 ? "Clusters: " : "All of ", clusterNames(names, 12)) : null, diffLines(lines)]);
  };
  if (/** @type {any} */ (fold).open) fill();
  fold.addEventListener("toggle", fill);
  PRINTED.add(fill);
  return fold;
}

/** What a line's first sign says. */
const SIGN_CLASS = { "!": "danger", "+": "add", "~": "change", "-": "remove", "-/+": "replace", "#": "note" };

/** @param {string[]} lines */
const diffLines = (lines) =>
  h("pre", { class: "lines", tabindex: "0" }, lines.map((line) => h("span", { class: `line ${SIGN_CLASS[line.trim().split(" ", 1)[0]] || ""}` }, `${line}\n`)));
