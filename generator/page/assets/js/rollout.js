// Where the rings are, what they still wait for, and how they came there, as Git tells it.

function rolloutView() {
  if (!ROLLOUT) return [viewHead("Rollout"), nothing(`Not known: ${DATA.untold}`)];
  return [
    viewHead("Rollout", h("p", { class: "lead" }, `${ROLLOUT.ref} is at `, h("code", {}, shortCommit(ROLLOUT.head)), `: ${ROLLOUT.subject}`)),
    ROLLOUT.notes.length ? h("div", { class: "callout warning", role: "note" }, h("ul", {}, ROLLOUT.notes.map((/** @type {string} */ note) => h("li", {}, note)))) : null,
    h("ol", { class: "lanes" }, ROLLOUT.rings.map(ringLane)),
    ROLLOUT.hub.length ? card("The hub", h("p", {}, "acm/ follows no ring: the hub's administrator applies it. Changed beyond the last ring:"),
      h("ul", { class: "files" }, ROLLOUT.hub.map((/** @type {string} */ file) => h("li", {}, h("code", {}, file))))) : null,
    card("Main branch", h("ol", { class: "commits" }, ROLLOUT.main.map(mainCommit))),
  ];
}

/** @param {any} ring */
function ringLane(ring) {
  const same = ring.clusters - ring.differing;
  const state = ring.holds ? (ring.behind ? `${countOf(ring.behind, "commit")} behind the main branch` : "holds what the main branch has") : ring.commit ? "has a tree that the main branch never had" : "its ref is not there yet";
  return h("li", { class: "lane" },
    h("div", { class: "lane-head" }, h("h2", {}, ring.name), severityBadge(!ring.holds ? 1 : ring.behind ? 2 : 3, state)),
    h("p", {}, ring.holds ? [h("code", {}, shortCommit(ring.holds)), " ", ring.subject] : null),
    h("p", { class: "meter" }, bar(same, ring.clusters), ` ${grouped(same)} of ${countOf(ring.clusters, "cluster")} as the main branch has them`),
    ring.differ.length ? h("details", {}, h("summary", {}, `Not as the main branch has them: ${countOf(ring.differing, "cluster")}`),
      ring.differ.map(([reasons, clusters]) => h("p", {}, clusterNames(places(clusters).map((i) => CLUSTERS[i].name)), ": ", reasons.map((/** @type {string} */ reason) => tag(reason))))) : null,
    ring.past.length ? h("details", { open: ring.past.length > 1 }, h("summary", {}, "History"), h("ol", { class: "commits" }, ring.past.map(pastCommit))) : null);
}

/** @param {any[]} commit */
const pastCommit = ([id, subject, when, main, action, target, accepted]) =>
  h("li", { class: action === "rollback" ? "back" : "" }, h("time", { datetime: when }, momentText(when)), " ", h("code", {}, shortCommit(id)), " ",
    action ? tag(action) : tag(main ? "from the main branch" : "by hand"), " ", subject,
    accepted && accepted.length ? h("span", { class: "muted" }, ` accepted: ${accepted.join(", ")}`) : null);

/** @param {any[]} commit */
function mainCommit([id, subject, when]) {
  const here = ROLLOUT.rings.filter((/** @type {any} */ ring) => ring.holds === id);
  return h("li", {}, h("time", { datetime: when }, momentText(when)), " ", h("code", {}, shortCommit(id)), " ",
    here.map((/** @type {any} */ ring) => tag(ring.name, "here")), " ", subject);
}
