// Takes the README's picture from the example company: `node tests/browser/picture.mjs` writes docs/desk.png.
import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";
import { House } from "./house.mjs";
import { Visit } from "./visit.mjs";

const out = new URL("out/", import.meta.url);
const picture = new URL("../../docs/desk.png", import.meta.url);
/** How many cases are looked at to find a lively one. */
const LOOKED_AT = 30;

await mkdir(out, { recursive: true });
await mkdir(new URL(".", picture), { recursive: true });
const house = await House.open();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
try {
  const { page, visit } = (await Visit.open(browser, await house.server("demo"))).tools;
  await page.goto("/desk?view=all");
  const links = await page.locator(".case-row .row-link").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  const lively = { life: 0 };
  for (const href of links.slice(0, LOOKED_AT)) {
    await page.goto(href);
    const life = await lifeOf(page);
    if (life > lively.life) Object.assign(lively, { href, life });
  }
  await page.goto(lively.href);
  await page.locator(".message").last().waitFor();
  await page.mouse.move(720, 899);
  await page.screenshot({ path: picture.pathname, animations: "disabled" });
  console.log(`${visit.path} -> docs/desk.png`);
} finally {
  await browser.close();
  await house.close();
}

/** A conversation of both sides, a note, labels and tags; not so long that its beginning is out of sight. */
async function lifeOf(page) {
  const count = (selector) => page.locator(selector).count();
  const [said, answered, notes, tags, past] = [await count(".message-in"), await count(".message-out"), await count(".message-note"), await count(".case-facts .tag"), await count(".past-case")];
  const long = said + answered + notes > 5 ? 4 : 0;
  return said + 2 * Math.min(answered, 2) + 3 * Math.min(notes, 1) + Math.min(tags, 2) + Math.min(past, 2) - long;
}
