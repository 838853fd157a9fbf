// With the keyboard alone, on a phone, live, and with a colleague at the same case.
import { check, same, until } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { signInAtDemo } from "../people.mjs";
import { Program, unique } from "../program.mjs";
import { PHONE } from "../visit.mjs";

const journey = journeysOf("hands", "demo");

journey("answer with the keyboard alone", async (person) => {
  const { page, visit, t } = person;
  const program = await Program.of(person);
  const { number, word } = await program.open({ text: "Spedite anche in Svizzera?" });
  await page.goto("/desk?view=all");
  await page.locator(`#case-${number}`).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.closest("[data-row]")?.id);
  await page.keyboard.press("j");
  const first = await focused();
  check(first, "j walks to the first row");
  await page.keyboard.press("j");
  const second = await focused();
  check(second !== first, "j walks to the next row");
  await page.keyboard.press("k");
  same(await focused(), first, "k walks back");
  for (let steps = 0; (await focused()) !== `case-${number}` && steps < 40; steps += 1) await page.keyboard.press("j");
  same(await focused(), `case-${number}`, "the row that was looked for");
  await page.keyboard.press("Enter");
  await visit.arrives(`/cases/${number}`);
  await page.locator(".message", { hasText: word }).waitFor();
  await page.keyboard.press("r");
  const words = `Sì, anche in Svizzera. ${unique()}`;
  await page.keyboard.type(words);
  await page.keyboard.press("Control+Enter");
  await page.locator(".message-out", { hasText: words }).waitFor();
});

journey("keys and palette", async (person) => {
  const { page, visit, t, picture } = person;
  await page.goto("/desk?view=all");
  await page.keyboard.press("?");
  await page.locator("#keys[open] .keys").nth(1).locator("li").first().waitFor();
  await picture("keys");
  await page.keyboard.press("Escape");
  await page.locator("#keys[open]").waitFor({ state: "detached" });
  await page.keyboard.press("Control+k");
  const input = page.locator("#palette .palette-input");
  await input.waitFor();
  await picture("palette");
  await input.fill(t("nav-contacts"));
  await page.keyboard.press("Enter");
  await visit.arrives("/contacts");
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await visit.arrives("/desk?view=mine");
  const program = await Program.of(person);
  const { number, word } = await program.open({ text: "Ho perso lo scontrino" });
  await page.keyboard.press("Control+k");
  await input.fill(word);
  await page.locator("#palette .palette-item", { hasText: `#${number}` }).first().waitFor();
  await input.press("Enter");
  await visit.arrives(`/cases/${number}`);
});

journey("on a phone: views, list, case, answer, back", async (person) => {
  const { page, visit, t, picture } = person;
  const program = await Program.of(person);
  const { number, word } = await program.open({ text: "Mi è arrivata la taglia sbagliata, come faccio il cambio?" });
  await page.goto("/desk");
  await visit.noSidewaysScroll();
  await page.locator(".pane-bar").getByRole("button", { name: t("nav-menu") }).click();
  await picture("phone views");
  await page.locator(".sidebar-nav a[href$='view=all']").click();
  await visit.arrives("/desk?view=all");
  await picture("phone list");
  await visit.noSidewaysScroll();
  await page.locator(`#case-${number} .row-link`).click();
  await visit.arrives(`/cases/${number}`);
  await page.locator(".message", { hasText: word }).waitFor();
  await picture("phone case");
  await visit.noSidewaysScroll();
  const words = `Le mando l'etichetta. ${unique()}`;
  await page.locator(".composer-input").fill(words);
  await page.locator(".composer").getByRole("button", { name: t("send"), exact: true }).click();
  await page.locator(".message-out", { hasText: words }).waitFor();
  await picture("phone answered");
  await page.locator(".case-head").getByRole("link", { name: t("back") }).click();
  await visit.arrives("/desk");
  await page.locator(".case-row").first().waitFor();
  await visit.noSidewaysScroll();
}, { viewport: PHONE });

/** Writes and measures until `shown` is there. */
async function timed(what, write, shown) {
  const began = performance.now();
  await write();
  await shown();
  const took = Math.round(performance.now() - began);
  console.log(`   ${what}: ${took} ms`);
  check(took < 10_000, `${what} took ${took} ms`);
}

journey("a message shows on the open desk without reload", async (person) => {
  const { page } = person;
  const program = await Program.of(person);
  const account = await program.account();
  await page.goto("/desk?view=all");
  await page.evaluate(() => (window.stayed = true));
  const word = unique();
  await timed("from the API to the open list", () => program.write({ account, text: `Buongiorno, una domanda. ${word}` }), () => page.locator(".case-row", { hasText: word }).waitFor());
  const conversation = unique();
  const author = { email: `${conversation}@customers.example`, name: "Viva Prova" };
  const { number } = await program.open({ account, conversation, author, text: "Prima riga" });
  await page.goto(`/cases/${number}`);
  await page.evaluate(() => (window.stayed = true));
  await page.locator(".composer-input").fill("Sto scrivendo");
  const next = unique();
  await timed("from the API to the open case", () => program.write({ account, conversation, author, text: `Ancora io. ${next}` }), () => page.locator(".message", { hasText: next }).waitFor());
  check(await page.evaluate(() => window.stayed), "the page was not loaded anew");
  same(await page.locator(".composer-input").inputValue(), "Sto scrivendo", "what is being written stays");
});

journey("a colleague at the same case is seen looking, then writing", async (person) => {
  const { page, open, t, picture } = person;
  const program = await Program.of(person);
  const { number } = await program.open({ text: "Chi mi può aiutare?" });
  await page.goto(`/cases/${number}`);
  const marco = (await open()).tools;
  await signInAtDemo(marco, "marco@bottegaaurora.example");
  await marco.page.goto(`/cases/${number}`);
  await page.locator(".presence", { hasText: t("presence-looking", { name: "Marco" }).split("Marco").at(-1).trim() }).waitFor();
  await marco.page.locator(".composer-input").pressSequentially("Rispondo io");
  await page.locator(".presence[data-presence=typing]").waitFor();
  await picture("a colleague is writing");
  await marco.page.goto("/desk");
  await page.locator(".presence").waitFor({ state: "detached", timeout: 40_000 });
});
