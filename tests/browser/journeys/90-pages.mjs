import axe from "axe-core";
import { check } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { pagesOf } from "../pages.mjs";
import { ADMIN, signIn } from "../people.mjs";
import { Program } from "../program.mjs";
import { PHONE } from "../visit.mjs";
import { WORDS, speaker } from "../words.mjs";

const demo = journeysOf("pages", "demo");
const fresh = journeysOf("pages", "fresh");

/** What every page owes, whichever it is. */
async function owed({ page, visit }) {
  await visit.noSidewaysScroll();
  const headings = await page.locator("h1:visible").count();
  return headings === 1 ? [] : [`${visit.path} has ${headings} headings of the first level`];
}

demo("every page has one heading, and fits", async (person) => {
  const problems = [];
  for (const { path, name } of await pagesOf(person)) {
    await person.page.goto(path);
    problems.push(...(await owed(person).catch((error) => [error.message])));
    await person.picture(`page ${name}`);
  }
  check(!problems.length, problems.join("\n    "));
});

demo("every page fits on a phone", async (person) => {
  const problems = [];
  for (const { path, name } of await pagesOf(person)) {
    await person.page.goto(path);
    problems.push(...(await person.visit.noSidewaysScroll().then(() => [], (error) => [error.message])));
    await person.picture(`phone ${name}`);
  }
  check(!problems.length, problems.join("\n    "));
}, { viewport: PHONE });

const MAIN = ["/desk?view=all", "/contacts", "/search?q=pacco", "/settings", "/settings/company", "/settings/people", "/account", "/imports/new"];

for (const [name, options] of [["dark", { theme: "dark" }], ["dark on a phone", { theme: "dark", viewport: PHONE }]]) {
  demo(`main pages, ${name}`, async (person) => {
    const { page, visit, picture } = person;
    for (const path of MAIN) {
      await page.goto(path);
      await visit.noSidewaysScroll();
      await picture(`${name} ${path.replace(/\W+/g, " ")}`);
    }
    await page.goto("/desk?view=all");
    await page.locator(".case-row .row-link").first().click();
    await visit.arrives("/cases/");
    await page.locator(".message").first().waitFor();
    await picture(`${name} case`);
    const dark = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme.includes("dark") || matchMedia("(prefers-color-scheme: dark)").matches);
    check(dark, "the page is dark");
  }, options);
}

for (const theme of ["light", "dark"]) {
  demo(`accessibility of every page (axe), ${theme}`, async (person) => {
    const { page } = person;
    const problems = [];
    for (const { path } of await pagesOf(person)) {
      await page.goto(path);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      for (const { id, impact, help, nodes } of violations) {
        if (["serious", "critical"].includes(impact)) problems.push(`${path}: ${id} (${impact}): ${help}: ${nodes.slice(0, 3).map(({ target, any }) => `${target} ${any[0]?.data?.contrastRatio ?? ""}`).join("; ")}`);
      }
    }
    check(!problems.length, problems.join("\n    "));
  }, { theme });
}

/** Words that stand on a page: texts and what screen readers and tips say. */
function wordsOnPage() {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  // What says its language itself is a quotation, what is not to be translated a name.
  const ours = (element) => element.closest("[lang], [translate=no]") === document.documentElement;
  while (walker.nextNode()) if (ours(walker.currentNode.parentElement)) found.add(walker.currentNode.data.trim());
  for (const element of [...document.querySelectorAll("*")].filter(ours)) {
    for (const name of ["aria-label", "title", "placeholder", "data-tip", "alt", "data-hotkey-label", "data-command"]) found.add((element.getAttribute(name) ?? "").trim());
  }
  found.add(document.title);
  return [...found].filter(Boolean);
}

/** Languages are named in themselves. */
const BOTH = new Set(["Italiano", "English"]);

async function speaksOnly(person, language, paths) {
  const other = language === "en" ? "it" : "en";
  const own = new Set(WORDS[language].values());
  const foreign = new Set([...WORDS[other].values()].filter((words) => !own.has(words) && !BOTH.has(words) && words.length > 3 && !words.includes("{")));
  const problems = [];
  for (const path of paths) {
    await person.page.goto(path);
    for (const words of await person.page.evaluate(wordsOnPage)) {
      if (foreign.has(words)) problems.push(`${path}: “${words}”`);
      if (/^[a-z]+(-[a-z0-9]+)+$/.test(words) && !WORDS[language].has(words) === false) problems.push(`${path}: the key ${words} instead of its sentence`);
    }
  }
  check(!problems.length, `not in ${language}: ${problems.slice(0, 20).join("; ")}`);
}

fresh("switch to Italian and back: no page mixes the languages", async (person) => {
  const { page, visit, t } = person;
  await signIn(person, ADMIN);
  const program = await Program.of(person).catch(() => null);
  if (program && (await program.account().catch(() => null))) await program.open({ text: "Where is my parcel?" });
  const paths = (await pagesOf(person)).map(({ path }) => path);
  await speaksOnly(person, "en", paths);
  for (const language of ["it", "en"]) {
    const say = speaker(language === "it" ? "en" : "it");
    await page.goto("/account");
    await page.locator("#locale").selectOption(language);
    await page.getByRole("button", { name: say("save"), exact: true }).click();
    await page.locator(`html[lang=${language}]`).waitFor({ state: "attached" });
    if (language === "it") await speaksOnly(person, "it", paths);
  }
  check((await page.locator("html").getAttribute("lang")) === "en", "the page is English again");
}, { language: "en" });
