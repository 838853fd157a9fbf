import { check, same, until } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { Program, unique } from "../program.mjs";

const journey = journeysOf("work", "demo");

async function openCase(person, text, options = {}) {
  const program = await Program.of(person);
  const found = await program.open({ text, ...options });
  await person.page.goto(`/cases/${found.number}`);
  return { program, ...found };
}

journey("assign a case, and take it back", async (person) => {
  const { page, t, button } = person;
  const { program, number } = await openCase(person, "Dove trovo il codice del pacco?");
  await page.keyboard.press("a");
  await page.locator("#assign-menu").getByRole("menuitemradio", { name: "Sara Bellini" }).click();
  await person.toast(t("done-assigned"));
  const sara = (await program.call("GET", "/users")).items.find(({ name }) => name === "Sara Bellini");
  same((await program.get(number)).owner_id, sara.id, "owner");
  await page.keyboard.press("z");
  await person.toast(t("done-undone"));
  same((await program.get(number)).owner_id, null, "owner after undo");
});

journey("tag a case, and take the tag off", async (person) => {
  const { page, t } = person;
  const { program, number } = await openCase(person, "La zip si è rotta dopo un giorno.");
  const tag = `prova ${unique()}`;
  await page.keyboard.press("t");
  await page.locator("#tag-name").fill(tag);
  await page.locator("#tag-dialog").getByRole("button", { name: t("tag-put"), exact: true }).click();
  const shown = page.locator(".case-facts .tag", { hasText: tag });
  await shown.waitFor();
  check((await program.get(number)).tags.includes(tag), "the API tells the tag");
  await page.getByRole("button", { name: t("tag-take-off", { name: tag }) }).click();
  await shown.waitFor({ state: "detached" });
});

journey("wait, snooze, resolve and reopen", async (person) => {
  const { page, t, button } = person;
  const { program, number } = await openCase(person, "Quando torna disponibile il maglione blu?");
  const state = async () => (await program.get(number)).state;
  const before = await state();
  await page.keyboard.press("s");
  await page.locator("#wait-menu").getByRole("menuitem", { name: t("wait-customer") }).click();
  await person.toast(t("done-waiting"));
  same(await state(), "waiting", "state");
  await page.keyboard.press("s");
  await page.locator("#wait-menu").getByRole("menuitem", { name: t("snooze-tomorrow") }).click();
  await page.locator(".case-facts .chip[data-state=waiting] time").waitFor();
  check((await program.get(number)).waiting_until, "the case sleeps until a time");
  await page.keyboard.press("e");
  await person.toast(t("done-resolved"));
  same(await state(), "resolved", "state");
  await page.keyboard.press("e");
  await person.toast(t("done-reopened"));
  same(await state(), before, "state");
});

journey("priority and subject", async (person) => {
  const { page, t } = person;
  const { program, number } = await openCase(person, "Il sito non accetta la mia carta.");
  await page.keyboard.press("p");
  await page.locator("#priority-menu").getByRole("menuitemradio", { name: t("priority-urgent") }).click();
  await page.locator(".case-facts [data-priority=urgent]").waitFor();
  const subject = `Carta rifiutata ${unique()}`;
  await page.getByRole("button", { name: t("nav-more"), exact: true }).click();
  await page.getByRole("menuitem", { name: t("rename") }).click();
  await page.locator("#case-subject").fill(subject);
  await page.locator("#subject-dialog").getByRole("button", { name: t("save"), exact: true }).click();
  await page.getByRole("heading", { name: subject, level: 1 }).waitFor();
  same((await program.get(number)).priority, "urgent", "priority");
});

journey("merge two cases, and undo it", async (person) => {
  const { page, visit, t, picture } = person;
  const author = { email: `${unique()}@customers.example`, name: "Dario Doppio" };
  const first = await openCase(person, "Prima richiesta, dal modulo.", { author, conversation: unique() });
  const second = await openCase(person, "Seconda richiesta, la stessa cosa.", { author, conversation: unique() });
  await page.keyboard.press("m");
  await page.locator("#merge-other").fill(`#${first.number}`);
  await picture("merge dialog");
  await page.locator("#merge").getByRole("button", { name: t("merge"), exact: true }).click();
  await person.toast(t("done-merged", { merged: first.number, kept: second.number }));
  await page.locator(".message", { hasText: first.word }).waitFor();
  await page.locator(".message", { hasText: second.word }).waitFor();
  await page.locator(".toast").getByRole("button", { name: t("undo-short") }).click();
  await person.toast(t("done-undone"));
  await page.goto(`/cases/${second.number}`);
  same(await page.locator(".message", { hasText: first.word }).count(), 0, "messages of the other case");
  await page.goto(`/cases/${first.number}`);
  await page.locator(".message", { hasText: first.word }).waitFor();
  same(visit.path.split("?")[0], `/cases/${first.number}`, "the first case is its own again");
});

journey("many cases at once", async (person) => {
  const { page, t } = person;
  const program = await Program.of(person);
  const word = unique();
  for (const n of [1, 2, 3]) await program.write({ text: `Richiesta ${n} ${word}` });
  await until(async () => (await program.cases(word)).length === 3, "three cases are there");
  await page.goto(`/desk?view=all&q=${word}`);
  for (const box of await page.locator(".row-check").all()) await box.check({ force: true });
  await page.locator("#bulk").getByRole("button", { name: t("resolve"), exact: true }).click();
  await until(async () => (await program.call("GET", `/cases?view=resolved&q=${word}`)).items.length === 3, "all three are resolved");
});

journey("correct a label by one key", async (person) => {
  const { page, t, picture } = person;
  const { program, number } = await openCase(person, "Sono molto deluso, il maglione si è rotto subito. Vergogna!");
  await page.locator(".label-chip").first().waitFor();
  await page.keyboard.press("1");
  const menu = page.locator(".menu:popover-open");
  await menu.waitFor();
  await picture("label menu");
  const option = menu.locator("button[name=value][aria-checked=false][data-hotkey]").first();
  const [key, value] = [await option.getAttribute("data-hotkey"), await option.getAttribute("value")];
  await page.keyboard.press(key);
  await page.locator(".toast").first().waitFor();
  await until(async () => (await program.get(number)).request_type === value, `the request is ${value}`);
  await page.locator(".label-chip").first().click();
  await page.locator(".menu:popover-open", { hasText: t("label-corrected-by", { name: "" }).trim() }).waitFor();
});

journey("split messages off into a case of their own", async (person) => {
  const { page, visit, t } = person;
  const conversation = unique();
  const author = { email: `${unique()}@customers.example`, name: "Elsa Prova" };
  const { program, number } = await openCase(person, "Dov'è il mio ordine?", { conversation, author });
  const word = unique();
  await program.write({ conversation, author, text: `E poi vorrei una fattura ${word}` });
  await page.locator(".message", { hasText: word }).waitFor();
  await page.getByRole("button", { name: t("nav-more"), exact: true }).click();
  await page.getByRole("menuitem", { name: t("split") }).click();
  await page.locator("#split").getByLabel(new RegExp(word)).check();
  await page.locator("#split").getByRole("button", { name: t("split"), exact: true }).click();
  await until(async () => (await program.cases(word)).some((found) => found.number !== number), "another case holds it");
});
