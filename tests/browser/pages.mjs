// Every page that can be reached by a link, once per kind of address.
/** `/contacts/0190…/edit?x=1` -> `/contacts/:id/edit`; lists keep the names of their parameters. */
function kindOf(url) {
  const path = url.pathname.replace(/\/[0-9a-f]{8}-[0-9a-f-]{27}/g, "/:id").replace(/\/\d+(?=\/|$)/g, "/:number");
  return path === "/desk" ? `/desk?view=${url.searchParams.get("view") ?? ""}` : path;
}

const NOT_PAGES = /^\/(attachments|messages|assets|language|api\/(?!docs)|exports?\/)|\.(csv|json|jsonl|html)$/;
const MOST = 90;

/** All pages of a server, found once. */
export function pagesOf(person) {
  person.server.pages ??= crawl(person);
  return person.server.pages;
}

/** Addresses of all pages that links lead to from here. A dead link is a trouble of the visit. */
async function crawl({ page, server }, starts = ["/desk?view=all"]) {
  const seen = new Set();
  const found = [];
  const queue = starts.map((start) => new URL(start, server.url));
  while (queue.length && found.length < MOST) {
    const url = queue.shift();
    const kind = kindOf(url);
    if (seen.has(kind) || NOT_PAGES.test(url.pathname)) continue;
    seen.add(kind);
    const response = await page.goto(url.href);
    if (!response?.ok() || !response.headers()["content-type"]?.includes("html")) continue;
    found.push({ kind, path: url.pathname + url.search, name: nameOf(kind) });
    const links = await page.$$eval("a[href]:not([download], [target=_blank])", (all) => all.map(({ href }) => href));
    for (const link of links) {
      const target = new URL(link);
      if (target.origin === url.origin) queue.push(target);
    }
  }
  return found;
}

function nameOf(kind) {
  return kind.replace(/[/:?=]+/g, " ").trim();
}
