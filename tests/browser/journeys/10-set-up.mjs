import { check, same } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { ADMIN } from "../people.mjs";
import { speaker } from "../words.mjs";

const journey = journeysOf("set-up", "fresh");

journey("an empty installation leads everybody to the set-up", async ({ page, visit, t, picture }) => {
  await page.goto("/desk");
  await visit.arrives("/set-up");
  same(await page.locator("h1").innerText(), t("set-up-title"), "heading");
  await picture("set up");
  await page.setViewportSize({ width: 390, height: 844 });
  await visit.noSidewaysScroll();
  await picture("set up 390");
});

journey("the set-up speaks the browser's language and can be switched", async ({ page, t }) => {
  const italian = speaker("it");
  await page.goto("/set-up");
  same(await page.locator("h1").innerText(), t("set-up-title"), "heading in English");
  await page.getByRole("link", { name: t("other-language") }).click();
  await page.getByRole("heading", { name: italian("set-up-title") }).waitFor();
  same(await page.locator("html").getAttribute("lang"), "it", "language of the page");
}, { language: "en" });

journey("set up the company", async ({ page, visit, t, field, button, picture }) => {
  visit.provoke(422);
  await page.goto("/set-up");
  await field("company-name").fill("Northwind Goods");
  await field("your-name").fill(ADMIN.name);
  await field("email").fill(ADMIN.email);
  await field("password-choose").fill("short");
  await button("set-up-button").click();
  await page.getByText(t("password-short")).waitFor();
  same(await field("company-name").inputValue(), "Northwind Goods", "what was typed is kept");
  await picture("set up with a mistake");
  await field("password-choose").fill(ADMIN.password);
  await button("set-up-button").click();
  await visit.arrives("/desk");
  await page.getByText("Northwind Goods").first().waitFor();
  await picture("first desk");
  await page.goto("/set-up");
  check(!visit.path.startsWith("/set-up"), "the set-up is over");
}, { language: "en" });
