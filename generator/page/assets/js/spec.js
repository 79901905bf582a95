// A spec as it counts, each line with the place that says it.

/** @param {Cluster} cluster */
function specTable(cluster) {
  const rows = cluster.rows("lines");
  let last = "";
  return h("div", { class: "wide spec", tabindex: "0", role: "region", "aria-label": "Effective spec" }, h("table", {},
    h("caption", { class: "unseen" }, "Lines of the spec, and who says them"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Line"), h("th", { scope: "col" }, "Said by"))),
    h("tbody", {}, rows.map(([text, file, line]) => {
      const layer = file === undefined ? "" : layerOf(file);
      const begins = layer !== "" && layer !== last;
      if (layer) last = layer;
      return h("tr", { class: file === "" ? "own" : null },
        h("td", {}, h("code", {}, text)),
        h("td", { class: "origin", title: layer && `${file || cluster.file}:${line}` }, layer ? [begins ? layer : h("span", { class: "again" }, layer), h("span", { class: "muted" }, `:${line}`)] : ""));
    }))));
}
