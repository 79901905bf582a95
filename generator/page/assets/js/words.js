// Numbers and names as people say them.

const WHOLE = new Intl.NumberFormat("en");

/** @param {number} number */
const grouped = (number) => WHOLE.format(number);

/** @param {number} number @param {string} what */
const countOf = (number, what) => `${grouped(number)} ${what}${number === 1 ? "" : "s"}`;

/** Add to the list of a key. @param {Map<string, any[]>} lists @param {string} key @param {any} item */
function addTo(lists, key, item) {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** At most four digits that matter. @param {number} number */
const short = (number) => String(Number(number.toPrecision(4)));

const BYTES = new Set(["memory", "ephemeral-storage", "storage"]);
const UNITS = /** @type {[string, number][]} */ ([["Gi", 2 ** 30], ["Mi", 2 ** 20], ["Ki", 2 ** 10]]);

/**
 * An amount of a resource: processors come in thousandths, everything else in units.
 * @param {string} resource @param {number} number
 */
function amountText(resource, number) {
  if (resource === "cpu") return short(number / 1000);
  if (!BYTES.has(resource) && !resource.startsWith("hugepages-")) return String(number);
  const unit = UNITS.find(([, size]) => number >= size);
  return unit ? `${short(number / unit[1])}${unit[0]}` : String(number);
}

/** Bytes of a download. @param {number} number */
function bytesText(number) {
  const unit = UNITS.find(([, size]) => number >= size);
  return unit ? `${short(number / unit[1])} ${unit[0]}B` : `${number} B`;
}

/** @param {number} seconds */
function durationText(seconds) {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A share in whole percent: something is never nothing, and too much is never just full. @param {number} share */
function percentText(share) {
  const rounded = Math.round(share * 100);
  if (share > 0 && rounded === 0) return "<1 %";
  if (share > 1 && rounded === 100) return ">100 %";
  return `${share < 1 && rounded === 100 ? 99 : rounded} %`;
}

/** @param {string | null} commit */
const shortCommit = (commit) => (commit ? commit.slice(0, 12) : "");

/** A moment as it was written, without its seconds. @param {string} iso */
const momentText = (iso) => iso.slice(0, 16).replace("T", " ");

/** A name whose digest is shortened. @param {string} image */
const imageText = (image) => image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+/, "$1…");

/** Names by the alphabet, numbers in them by their size. @param {string} a @param {string} b */
const byName = (a, b) => NAMES.compare(a, b);
const NAMES = new Intl.Collator("en", { numeric: true });
