import { same } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { Program } from "../program.mjs";

const journey = journeysOf("search", "demo");

journey("find a message by its words", async (person) => {
  const { page, visit, picture } = person;
  const program = await Program.of(person);
  const { number, word } = await program.open({ text: "Cerco un berretto di cachemire" });
  await page.goto("/search");
  await page.getByRole("searchbox").fill(word);
  await page.locator("mark", { hasText: word }).first().waitFor();
  await picture("search");
  await page.locator(".item .row-link").first().click();
  await visit.arrives(`/cases/${number}`);
});

journey("find a contact, and a case by its number", async (person) => {
  const { page, visit, t } = person;
  const program = await Program.of(person);
  const { number } = await program.open({ text: "Una domanda", author: { name: "Ludovica Quadrifoglio" } });
  await page.goto("/search?q=quadrifoglio");
  await page.locator(".items a[href^='/contacts/']", { hasText: "Ludovica Quadrifoglio" }).first().waitFor();
  await page.goto(`/search?q=${encodeURIComponent(`#${number}`)}`);
  await page.locator(`a[href^='/cases/${number}']`).first().click();
  await visit.arrives(`/cases/${number}`);
});

journey("a search without result says so", async ({ page, t }) => {
  await page.goto("/search?q=xyzzyplugh");
  await page.getByRole("heading", { name: t("search-nothing") }).waitFor();
  same(await page.locator("h1").innerText(), t("search-title"), "heading");
});

journey("filter the list, and keep the filter as a view", async (person) => {
  const { page, visit, t, picture } = person;
  await page.goto("/desk?view=all");
  await page.keyboard.press("f");
  await page.locator("#filter-priority").selectOption("urgent");
  await picture("filters");
  await page.locator("#filter-form").getByRole("button", { name: t("filter-apply") }).click();
  await visit.arrives(/priority=urgent/);
  await page.locator(".list-bar .chip").first().waitFor();
  await page.keyboard.press("f");
  await page.locator("#view-name").fill("Urgenti");
  await page.getByRole("button", { name: t("view-save") }).click();
  await page.locator(".sidebar-nav .nav-item", { hasText: "Urgenti" }).waitFor();
});
