// What the engine reads out of messages, and teaching it.
import { check, same, until } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { Program, unique } from "../program.mjs";

const journey = journeysOf("labels", "demo");

journey("teach a request type by examples, and see a new message recognised", async (person) => {
  const { page, t, picture } = person;
  const name = `Ritiro ${unique()}`;
  await page.goto("/settings/request-types");
  await page.locator("#name").fill(name);
  await page.getByRole("button", { name: t("add"), exact: true }).click();
  await person.toast(t("saved"));
  const key = name.toLowerCase().replace(" ", "-");
  await page.locator(`a[href$="/${key}"], a[href$="/${key.replace("-", "_")}"]`).click();
  const things = ["il divano", "la lavatrice", "il frigorifero", "il materasso", "la poltrona", "il tavolo"];
  const examples = things.flatMap((thing) => [
    `Potete ritirare ${thing} usato a casa mia?`,
    `Quanto costa il ritiro a domicilio per ${thing} vecchio?`,
  ]);
  await page.locator("#examples").fill(examples.join("\n"));
  await picture("examples");
  await page.getByRole("button", { name: t("examples-add"), exact: true }).click();
  await page.locator(".item", { hasText: "il frigorifero" }).first().waitFor();
  const program = await Program.of(person);
  const type = page.url().split("/").pop();
  await until(async () => {
    const { request_type: found } = await program.open({ text: "Buongiorno, quanto costa il ritiro a domicilio della vecchia credenza?" });
    return found === type;
  }, "a new message is recognised");
});

journey("a message tells emotion, complaint and what it names; each by its key", async (person) => {
  const { page, t, picture } = person;
  const program = await Program.of(person);
  const { number } = await program.open({ text: "Sono furiosa: l'ordine 48213377 è arrivato rotto e nessuno risponde! Vi denuncio. Scrivetemi a prova@example.com" });
  await page.goto(`/cases/${number}`);
  const message = page.locator(".message").last();
  await message.locator("a.chip", { hasText: "48213377" }).waitFor();
  for (const [key, label] of [["6", "emotion"], ["7", "complaint"], ["8", "irony"]]) {
    await page.keyboard.press(key);
    const menu = page.locator(".menu:popover-open");
    await menu.getByText(t(`label-${label}`), { exact: false }).first().waitFor();
    if (label === "emotion") await picture("emotion");
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "detached" }).catch(() => menu.waitFor({ state: "hidden" }));
  }
  await page.keyboard.press("8");
  await page.locator(".menu:popover-open button[value=yes]").click();
  await person.toast(t("done-corrected", { name: t("irony-yes") }));
  const { items } = await program.call("GET", `/cases/${number}/messages`);
  same(items.at(-1).labels.irony, "yes", "irony");
});

journey("how good the labels are, and the history labelled anew", async (person) => {
  const { page, t, picture } = person;
  await page.goto("/settings/quality");
  const lines = await page.locator("svg.spark").count();
  check(lines >= 5, `only ${lines} labels have a curve`);
  await picture("quality");
  await page.getByRole("button", { name: t("relabel-start") }).click();
  await person.toast(t("relabel-began"));
  await page.locator("#relabel-progress").waitFor({ state: "detached", timeout: 60_000 });
  await page.getByRole("button", { name: t("relabel-start") }).waitFor();
});
