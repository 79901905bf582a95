// Label selectors, read as generator/lists/selector.py reads them: region=emea,site!=x  tier in (a, b)  canary  !retired

const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?";
const EQUAL = new RegExp(`^(${LABEL})\\s*(==?|!=)\\s*([A-Za-z0-9._-]*)$`);
const AMONG = new RegExp(`^(${LABEL})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const THERE = new RegExp(`^(!?)\\s*(${LABEL})$`);

/**
 * The conditions of a selector; null where it cannot be read.
 * @param {string} text
 * @returns {((labels: Object<string, string>) => boolean)[] | null}
 */
function termsOf(text) {
  if (!text.trim()) return [];
  const found = text.split(/,(?![^(]*\))/).map((part) => termOf(part.trim()));
  return found.includes(null) ? null : /** @type {any} */ (found);
}

/** @param {string} text */
function termOf(text) {
  let found = EQUAL.exec(text);
  if (found) return condition(found[1], new Set([found[3]]), found[2] !== "!=");
  found = AMONG.exec(text);
  if (found) return condition(found[1], new Set(found[3].split(",").map((value) => value.trim())), found[2] === "in");
  found = THERE.exec(text);
  return found ? condition(found[2], null, !found[1]) : null;
}

/** @param {string} key @param {Set<string> | null} values @param {boolean} wanted */
function condition(key, values, wanted) {
  return (/** @type {Object<string, string>} */ labels) => {
    const there = Object.hasOwn(labels, key);
    return (values ? there && values.has(labels[key]) : there) === wanted;
  };
}
