// Where a person is: the view, what it is about, and the filter, all of it in the address behind #, so that it can be shared.

const FILTERS = ["ring", "group", "tier", "l"];

/** @typedef {{view: string, name: string, filter: Object<string, string>, options: Object<string, string>}} Route */

/** @returns {Route} */
function routeOf(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", ...rest] = path.split("/");
  const filter = {};
  const options = {};
  for (const [key, value] of new URLSearchParams(query)) (FILTERS.includes(key) ? filter : options)[key] = value;
  return { view: view || (PLAN ? "plan" : "overview"), name: decoded(rest.join("/")), filter, options };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

let route = routeOf(location.hash);

/**
 * An address; the filter stays unless another is given.
 * @param {string} view @param {string} [name]
 * @param {Object<string, string>} [filter] @param {Object<string, string>} [options]
 */
function address(view, name = "", filter = route.filter, options = {}) {
  const said = Object.entries({ ...filter, ...options }).filter(([, value]) => value !== "" && value !== undefined);
  const query = said.length ? `?${new URLSearchParams(said)}` : "";
  return `#/${view}${name ? `/${encodeURIComponent(name)}` : ""}${query}`;
}

/** Change the filter and stay where one is. @param {Object<string, string>} changes */
function refilter(changes) {
  location.hash = address(route.view, route.name, { ...route.filter, ...changes }, route.options);
}

/** Change an option of the view. @param {Object<string, string>} changes */
function reoption(changes) {
  location.hash = address(route.view, route.name, route.filter, { ...route.options, ...changes });
}

/** The clusters that the filter means. */
function meant() {
  const { ring, group, tier, l = "" } = route.filter;
  const terms = termsOf(l) || [];
  return CLUSTERS.filter(
    (cluster) =>
      (!ring || (cluster.ring || "none") === ring) &&
      (!group || cluster.groups.includes(group)) &&
      (!tier || cluster.tier === tier) &&
      terms.every((holds) => holds(cluster.labels)),
  );
}

/** @param {string} key */
function remembered(key) {
  try {
    return localStorage.getItem(`nearedge.${key}`) || "";
  } catch {
    return "";
  }
}

/** @param {string} key @param {string} value */
function remember(key, value) {
  try {
    localStorage.setItem(`nearedge.${key}`, value);
  } catch {
    // A page opened from a file may have nowhere to write to.
  }
}
