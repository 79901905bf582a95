// Draws the view that the address names, and draws it anew when the address changes.

const DRAW = {
  overview: overviewView,
  placement: placementView,
  capacity: capacityView,
  verdicts: verdictsView,
  rollout: rolloutView,
  findings: findingsView,
  plan: planView,
  cluster: () => clusterView(route.name),
  model: (/** @type {Cluster[]} */ clusters) => modelView(route.name, clusters),
};
const UNFILTERED = new Set(["rollout", "cluster"]);

/** @param {boolean} moved whether a person went to another view, whose title then gets the focus */
function draw(moved) {
  const before = document.activeElement && document.activeElement.id;
  const clusters = meant();
  const view = Object.hasOwn(DRAW, route.view) ? route.view : "overview";
  PRINTED.clear();
  drawSide();
  const main = byId("content");
  main.replaceChildren();
  append(main, [UNFILTERED.has(view) ? null : filterBar(clusters), ...DRAW[view](clusters)]);
  const title = main.querySelector("h1");
  document.title = visible(`${title ? title.textContent : view} · ${DATA.fleet}`);
  if (moved) {
    scrollTo(0, 0);
    /** @type {HTMLElement | null} */ (title)?.focus({ preventScroll: true });
  } else if (before) {
    document.getElementById(before)?.focus({ preventScroll: true });
  }
}

drawTop();
draw(false);
performance.mark("drawn");
addEventListener("keydown", onKey);
addEventListener("hashchange", () => {
  const was = route;
  route = routeOf(location.hash);
  draw(route.view !== was.view || route.name !== was.name);
});
