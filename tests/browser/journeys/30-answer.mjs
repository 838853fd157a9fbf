import { check, same, until } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { signInAtDemo } from "../people.mjs";
import { Program, unique } from "../program.mjs";

const journey = journeysOf("answer", "demo");

/** The composer's words, once its script is there. */
async function write({ page, t }, words, tab = "composer-reply") {
  await page.getByRole("tab", { name: t(tab) }).click();
  const input = page.locator(".composer-input");
  await input.fill(words);
  return input;
}

const send = ({ page, t }) => page.locator(".composer").getByRole("button", { name: t("send"), exact: true }).click();

journey("answer a customer of the demo, and it reaches them", async (person) => {
  const { page, visit, t, picture } = person;
  await page.goto("/desk?view=unassigned");
  await picture("desk unassigned");
  await page.locator(".case-row .row-link").first().click();
  await visit.arrives("/cases/");
  const words = `Buongiorno, ci penso io. ${unique()}`;
  await write(person, words);
  await send(person);
  const answer = page.locator(".message-out", { hasText: words });
  await answer.waitFor();
  await picture("answer leaving");
  await until(async () => ["sent", "delivered"].includes(await answer.locator(".delivery").getAttribute("data-delivery")), "the answer is sent", 30_000);
  same(await page.locator(".composer-input").inputValue(), "", "the composer is empty again");
});

journey("an answer is withdrawn before it leaves", async (person) => {
  const { page, t, button } = person;
  const program = await Program.of(person);
  const { number } = await program.open({ text: "Buongiorno, a che ora aprite domani?" });
  await page.goto(`/cases/${number}`);
  const words = `Alle nove. ${unique()}`;
  await write(person, words);
  await send(person);
  const answer = page.locator(".message-out", { hasText: words });
  await answer.getByRole("button", { name: t("delivery-cancel") }).click();
  await person.toast(t("done-withdrawn"));
  await until(async () => (await page.locator(".message-out .delivery[data-delivery=sent]").count()) === 0, "nothing is sent");
  const { items } = await program.call("GET", `/cases/${number}/messages`);
  check(!items.some((message) => message.direction === "outbound" && ["sent", "queued"].includes(message.delivery?.state)), "no answer is on its way");
  await page.reload();
  same(await page.locator(".composer-input").inputValue(), words, "its words are a draft again");
});

journey("send and resolve", async (person) => {
  const { page, t } = person;
  const program = await Program.of(person);
  const { number } = await program.open({ text: "Avete la sciarpa rossa?" });
  await page.goto(`/cases/${number}`);
  await write(person, "Sì, gliela spediamo oggi.");
  await page.getByRole("button", { name: t("send-otherwise") }).click();
  await page.getByRole("menuitem", { name: t("send-resolve") }).click();
  await person.toast(t("done-sent-resolved"));
  await until(async () => (await program.get(number)).state === "resolved", "the case is resolved");
});

journey("an internal note names a colleague, who finds it under mentions", async (person) => {
  const { page, t, picture } = person;
  const program = await Program.of(person);
  const { number } = await program.open({ text: "Il pacco è arrivato aperto." });
  await page.goto(`/cases/${number}`);
  const word = unique();
  const input = await write(person, "", "composer-note");
  await input.pressSequentially(`Puoi guardare? ${word} @Mar`);
  await page.locator(".suggestions").getByText("Marco Riva").click();
  await picture("note with a mention");
  await send(person);
  const note = page.locator(".message-note", { hasText: word });
  await note.locator(".at", { hasText: "Marco" }).waitFor();
  same(await page.locator(".message-out", { hasText: word }).count(), 0, "a note is no answer");

  const marco = (await person.open()).tools;
  await signInAtDemo(marco, "marco@bottegaaurora.example");
  const mentions = marco.page.locator(".sidebar-nav a[href*='view=mentions']");
  await until(async () => Number(await mentions.locator(".nav-count").innerText().catch(() => 0)) >= 1, "Marco's mentions are counted");
  await mentions.click();
  await marco.page.locator(`#case-${number}`).waitFor();
  await marco.picture("mentions of a colleague");
});

journey("an attachment goes with an answer", async (person) => {
  const { page, t } = person;
  const program = await Program.of(person);
  const { number } = await program.open({ text: "Mi serve la fattura." });
  await page.goto(`/cases/${number}`);
  await write(person, "In allegato.", "composer-note");
  await page.getByLabel(t("attach"), { exact: true }).setInputFiles({ name: "fattura.txt", mimeType: "text/plain", buffer: Buffer.from("Fattura 12") });
  await page.locator(".composer-files", { hasText: "fattura.txt" }).waitFor();
  await send(person);
  const file = page.locator(".message .attachment", { hasText: "fattura.txt" });
  await file.waitFor();
  const served = await page.request.get(await file.getAttribute("href"));
  same(await served.text(), "Fattura 12", "content of the attachment");
});

journey("a draft is still there after a reload and on another machine", async (person) => {
  const { page, open } = person;
  const program = await Program.of(person);
  const { number } = await program.open({ text: "Posso cambiare taglia?" });
  await page.goto(`/cases/${number}`);
  const kept = page.waitForResponse((response) => response.url().endsWith("/draft"));
  await write(person, "Certo, mi dica quale");
  await kept;
  await page.reload();
  same(await page.locator(".composer-input").inputValue(), "Certo, mi dica quale", "draft after a reload");
  const elsewhere = (await open()).tools;
  await elsewhere.page.goto(`/cases/${number}`);
  same(await elsewhere.page.locator(".composer-input").inputValue(), "Certo, mi dica quale", "draft elsewhere");
});
