import { check, same, until } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { unique } from "../program.mjs";

const journey = journeysOf("contacts", "demo");

async function create({ page, visit, t }, name, email) {
  await page.goto("/contacts/new");
  await page.getByLabel(t("contacts-name"), { exact: true }).fill(name);
  await page.getByLabel(t("contacts-email"), { exact: true }).fill(email);
  await page.getByRole("button", { name: t("save"), exact: true }).click();
  await visit.arrives(/^\/contacts\/[0-9a-f-]{36}/);
  return visit.path;
}

journey("look through the contacts", async ({ page, visit, t, picture }) => {
  await page.goto("/contacts");
  await page.locator("tbody tr").first().waitFor();
  await page.getByRole("link", { name: t("contacts-prospects"), exact: true }).click();
  await visit.arrives(/kind=prospects/);
  await page.getByRole("searchbox").fill("bianchi");
  await visit.arrives(/q=bianchi/);
  await picture("contacts found");
  await page.goto("/contacts");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await visit.arrives(/^\/contacts\/[0-9a-f-]{36}/);
  await picture("contact");
});

journey("create, edit, merge two contacts, and undo it", async (person) => {
  const { page, visit, t, picture } = person;
  const word = unique();
  const first = await create(person, `Prima Persona ${word}`, `${word}.a@customers.example`);
  const second = await create(person, `Seconda Persona ${word}`, `${word}.b@customers.example`);
  await page.getByRole("link", { name: t("edit"), exact: true }).click();
  await page.getByLabel(t("contacts-name"), { exact: true }).fill(`Seconda Corretta ${word}`);
  await page.getByRole("button", { name: t("save"), exact: true }).click();
  await page.getByRole("heading", { name: `Seconda Corretta ${word}`, level: 1 }).waitFor();

  await page.goto(`${first}/merge`);
  await page.getByRole("searchbox").fill("Seconda Corretta");
  await page.locator(".row-link", { hasText: `Seconda Corretta ${word}` }).click();
  await visit.arrives(/merge\?with=/);
  await picture("contacts side by side");
  await page.getByRole("button", { name: t("contacts-merge-do") }).click();
  await person.toast(t("contacts-merged"));
  await page.locator(".identity-value", { hasText: `${word}.b@` }).waitFor();
  await page.goto(second);
  check(visit.path.startsWith(first), "the merged contact leads to the one that stays");

  await page.goto(first);
  await page.getByRole("button", { name: t("contacts-split") }).click();
  await person.toast(t("contacts-unmerged"));
  await page.goto(first);
  same(await page.locator(".identity-value", { hasText: `${word}.b@` }).count(), 0, "the other's address");
  await page.goto(second);
  await page.getByRole("heading", { name: `Seconda Corretta ${word}`, level: 1 }).waitFor();
});

journey("import a registry from a sheet, to the end", async (person) => {
  const { page, visit, t, picture } = person;
  visit.provoke(422);
  const word = unique();
  const rows = ["Cognome;Nome;E-mail;Cellulare;Codice cliente;Città"];
  for (let n = 1; n <= 40; n += 1) rows.push(`Prova${n};${word};cliente${n}.${word}@customers.example;+39 333 55500${String(n).padStart(2, "0")};${word}${n};Torino`);
  rows.push(`Rotta;${word};non-un-indirizzo;123;${word}99;Asti`);
  await page.goto("/imports/new");
  await page.locator("input[type=file]").setInputFiles({ name: "clienti.csv", mimeType: "text/csv", buffer: Buffer.from(`${rows.join("\r\n")}\r\n`) });
  await page.getByRole("button", { name: t("import-next"), exact: true }).click();
  await visit.arrives(/columns$/);
  await picture("import columns");
  const becomes = await page.locator("select[name=column]").evaluateAll((all) => all.map((select) => select.value));
  same(becomes.slice(0, 5).join(), "family_name,given_name,email,phone,customer_number", "recognised columns");
  await page.getByRole("button", { name: t("import-to-preview"), exact: true }).click();
  await visit.arrives(/preview$/);
  await picture("import preview");
  await page.locator("form[action$='/start'] button").click();
  await page.getByText(t("import-state-done"), { exact: true }).first().waitFor({ timeout: 60_000 });
  await page.locator("tbody tr", { hasText: "non-un-indirizzo" }).getByText(t("import-problem-email")).waitFor();
  await picture("import done");
  await page.goto(`/contacts?q=${word}`);
  await until(async () => (await page.locator("tbody tr").count()) >= 40, "the imported contacts are listed");
});
