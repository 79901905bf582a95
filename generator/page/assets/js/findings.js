// What nearedge check says, by rule, and what is waived for a while.

/** @param {Cluster[]} clusters */
function findingsView(clusters) {
  const found = findingsAbout(clusters);
  const open = found.filter((finding) => !finding.until);
  const waived = found.filter((finding) => finding.until);
  const chosen = SEVERITIES.includes(route.options.severity) ? route.options.severity : "";
  const shown = open.filter((finding) => !chosen || SEVERITIES[finding.severity] === chosen);
  const choices = /** @type {[string, string][]} */ ([["", `All ${grouped(open.length)}`],
    ...SEVERITIES.map((severity, i) => [severity, `${severity}s ${grouped(open.filter((finding) => finding.severity === i).length)}`])]);
  return [
    viewHead("Findings", h("p", { class: "lead" }, `As nearedge check judges the specs on ${DATA.today || "this day"}. nearedge rules CODE explains a rule.`)),
    choice("Severity", choices, chosen, (value) => reoption({ severity: value })),
    shown.length ? byCode(shown) : nothing(open.length ? "No finding of this severity." : "Nothing is wrong."),
    waived.length ? card("Waived", firstMany(waived, findingItem)) : null,
  ];
}

/** @param {any[]} findings */
function byCode(findings) {
  const codes = new Map();
  for (const finding of findings) addTo(codes, finding.code, finding);
  const listed = [...codes].sort(([a, [first]], [b, [other]]) => first.severity - other.severity || byName(a, b));
  return h("div", { class: "stack" }, listed.map(([code, found]) => h("details", { class: "card", open: listed.length < 12 },
    h("summary", {}, severityBadge(found[0].severity), " ", h("strong", {}, code), " ", h("span", { class: "muted" }, countOf(found.length, "finding"))),
    firstMany(found, findingItem, 20))));
}

/** @param {any} finding */
function findingItem(finding) {
  const names = finding.about.map((/** @type {number} */ place) => CLUSTERS[place].name);
  return h("article", { class: "finding" },
    h("p", {}, finding.until ? tag(finding.code) : null, finding.message),
    finding.hint ? h("p", { class: "hint" }, h("strong", {}, "Hint: "), finding.hint) : null,
    finding.until ? h("p", { class: "hint" }, h("strong", {}, `Accepted until ${finding.until}: `), finding.reason) : null,
    h("p", { class: "place" }, h("code", {}, `${finding.file}:${finding.line}:${finding.column}`), names.length ? [" on ", clusterNames(names)] : null));
}
