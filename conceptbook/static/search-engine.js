// From what a reader types to pages in order: Pagefind, and what it leaves out — spelling, and
// questions no page answers with all of its words. Knows nothing of how results are shown.

export const QUERY_LENGTH = 200;
const TEXT_PARTS = 64; // as in search.py
const SOME = 20; // pages at most that have some of a query's words

// Titles and aliases weigh most; the rest is weighed by where it stands (search.py).
const RANKING = {
  metaWeights: { title: 10, aliases: 6, summary: 4, domain: 0.2, folder: 0 },
  termFrequency: 0.6,
  pageLength: 0.4,
  termSimilarity: 2,
};
// Words that a question is asked with and that say nothing of its subject.
const STOP = new Set(
  ("a an and are as at be been but by can could d did do does doesn don for from get had has have how i in into is isn it its ll made make me my of on or our re s should so " +
    "t that the their them then there these they this to too use used using ve vs versus was we went what when where which why will with won would you your").split(" "),
);

export const tokens = (text) => text.toLowerCase().normalize("NFKC").match(/[\p{L}\p{N}]+/gu) ?? [];

// The edit distance between two words, letters swapped with their neighbor counting one
// (Damerau 1964, optimal string alignment); words too different in length are not compared.
export function distance(a, b, limit) {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let [before, row] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}

// The known word that is closest to one that is not known; of equals the more frequent.
export function closest(word, known) {
  const limit = word.length < 4 ? 0 : word.length < 8 ? 1 : 2;
  let best = null;
  for (const [candidate, count] of Object.entries(known)) {
    const d = distance(word, candidate, limit);
    if (d > limit || d === 0) continue;
    if (!best || d < best.d || (d === best.d && count > best.count)) best = { candidate, d, count };
  }
  return best?.candidate ?? null;
}

// Whether the book need not be asked if it has a word.
const isTaken = (word) => word.length < 3 || !/^[a-z]+$/.test(word);

// Whether a word is among those of the book, begins one of them, or is another form of one.
export function isKnown(word, text) {
  const stem = word.replace(/(ing|ed|es|s|ly|ion|er)$/, "");
  return text.some((known) => known.startsWith(word) || (stem.length >= 4 && known.startsWith(stem)));
}

export class Engine {
  // `root` is the URL of the site; nothing is loaded before the first search.
  constructor(root) {
    this.root = root;
    this.parts = new Map();
  }

  async start() {
    this.pagefind ??= import(new URL("pagefind/pagefind.js", this.root)).then(async (pagefind) => {
      await pagefind.options({ baseUrl: this.root.pathname, ranking: RANKING, excerptLength: 22 });
      await pagefind.filters(); // without them a search counts no filter's values
      return pagefind;
    });
    return this.pagefind;
  }

  // Every filter with all its values and how many pages have each.
  async filters() {
    return (await this.start()).filters();
  }

  // The pages for a query, best first: { results, filters, words, corrected, some }; `some` tells
  // that no page has all of the words.
  async search(text, filters = {}) {
    const pagefind = await this.start();
    const query = text.slice(0, QUERY_LENGTH).trim();
    const asked = tokens(query);
    const subject = asked.filter((word) => !STOP.has(word));
    const words = subject.length ? subject : asked;
    if (!words.length) return { results: [], filters: {}, words: [], corrected: null };
    // A word that no page has would be cut by Pagefind until it matches something.
    const mended = (await Promise.all(words.map((word) => this.mend(word)))).filter(Boolean);
    if (!mended.length) return { results: [], filters: {}, words, corrected: null };
    const corrected = mended.join(" ") === words.join(" ") ? null : mended.join(" ");
    const whole = await pagefind.search(mended.join(" "), { filters });
    const some = !whole.unfilteredResultCount && mended.length > 1;
    const found = some ? await this.some(mended, filters) : whole;
    return { ...found, words: mended, corrected, some };
  }

  // The pages that have some of the words, for a question that no page answers with all of them.
  async some(words, filters) {
    const pagefind = await this.start();
    const pages = new Map();
    for (const { results } of await Promise.all(words.map((word) => pagefind.search(word, { filters }))))
      for (const result of results) {
        const page = pages.get(result.id) ?? { result, best: 0, sum: 0 };
        page.sum += result.score;
        if (result.score > page.best) Object.assign(page, { result, best: result.score });
        pages.set(result.id, page);
      }
    // Pagefind's own objects, not copies: it forgets a result whose object is gone.
    const results = [...pages.values()].sort((a, b) => b.sum - a.sum).slice(0, SOME).map(({ result }) => result);
    const counts = {}; // a search counts them for its own results, not for those of several
    for (const { filters: chosen } of await Promise.all(results.map((result) => result.data())))
      for (const [name, values] of Object.entries(chosen))
        for (const value of values) {
          counts[name] ??= {};
          counts[name][value] = (counts[name][value] ?? 0) + 1;
        }
    return { results, filters: counts };
  }

  // The word as the book spells it, or null; a word of the book, or the beginning of one, stays.
  async mend(word) {
    if (isTaken(word)) return word;
    const part = (word.charCodeAt(0) * 31 + word.charCodeAt(1)) % TEXT_PARTS;
    if (isKnown(word, await this.spelling(`text-${part}`))) return word;
    // A slip in the first letter is mostly a swap with the second.
    const letters = [...new Set([word[1], word[0]])];
    const names = await Promise.all(letters.map((letter) => this.spelling(`names-${letter}`)));
    return closest(word, Object.assign({}, ...names));
  }

  async spelling(name) {
    if (!this.parts.has(name)) {
      const url = new URL(`pagefind/spelling/${name}.json`, this.root);
      this.parts.set(name, fetch(url).then((response) => response.json()));
    }
    return this.parts.get(name);
  }
}
