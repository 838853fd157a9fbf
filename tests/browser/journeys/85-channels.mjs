// Channels connected on the page, and real servers behind them.
import { createHmac } from "node:crypto";
import { check, same, until } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { MailServers } from "../mail.mjs";
import { MastodonServer } from "../mastodon.mjs";
import { ADMIN, signIn } from "../people.mjs";
import { Program, unique } from "../program.mjs";

const journey = journeysOf("channels", "fresh");
const english = { language: "en" };

/** Fills the settings of an account; the folded ones too. */
async function fill({ page }, values) {
  await page.evaluate(() => document.querySelectorAll("main details").forEach((details) => (details.open = true)));
  for (const [name, value] of Object.entries(values)) {
    const control = page.locator(`main [id="${name}"]`);
    if ((await control.evaluate((element) => element.tagName)) === "SELECT") await control.selectOption(value);
    else if ((await control.getAttribute("type")) === "checkbox") await control.setChecked(value);
    else await control.fill(value);
  }
}

const create = ({ page, t }) => page.getByRole("button", { name: t("channel-create"), exact: true }).click();
const ACCOUNT = /^\/settings\/channels\/[0-9a-f-]{36}$/;

/** A signed web hook (Standard Webhooks); returns the status. */
async function hook(server, account, secret, body) {
  const text = JSON.stringify(body);
  const [id, time] = [`msg_${unique()}`, String(Math.floor(Date.now() / 1000))];
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signature = `v1,${createHmac("sha256", key).update(`${id}.${time}.${text}`).digest("base64")}`;
  const headers = { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature };
  return (await fetch(`${server.url}/hooks/in/${account}`, { method: "POST", headers, body: text })).status;
}

journey("wrong settings of a mailbox are said at their fields", async (person) => {
  const { page, visit, t, picture } = person;
  visit.provoke(422);
  await signIn(person, ADMIN, "/settings/channels");
  await page.goto("/settings/channels/new");
  await picture("channel kinds");
  await page.locator("a.choice[href$='/email']").click();
  await visit.arrives("/settings/channels/new/email");
  await picture("mailbox form");
  await fill(person, { name: "Support", address: "no address", imap_host: "localhost", imap_port: "many" });
  await create(person);
  await page.locator("#address-error").waitFor();
  await page.locator("#imap_port-error").waitFor();
  same(await page.locator("#imap_host").inputValue(), "localhost", "what was typed is kept");
  await picture("mailbox form with mistakes");
}, english);

journey("an open intake: a hook that cannot be read is a dead letter; mapped and replayed it becomes a case", async (person) => {
  const { page, visit, server, t, picture } = person;
  await signIn(person, ADMIN, "/settings/channels/new/api");
  await fill(person, { name: "Web shop" });
  await create(person);
  await visit.arrives(ACCOUNT);
  const account = visit.path.split("/").at(-1);
  const secret = (await page.locator("#hook-secret code").first().innerText()).trim();
  await picture("open intake");

  const word = unique();
  const foreign = { event: "message.created", data: { id: word, from: { email: `${word}@customers.example`, name: "Hugo Hook" }, body: `The box was empty (${word})` } };
  same(await hook(server, account, "whsec_d3Jvbmc=", foreign), 401, "a wrong signature");
  same(await hook(server, account, secret, foreign), 202, "a right one");
  await until(async () => {
    await page.goto("/settings/intake");
    return (await page.locator("tr[id^=item-]").count()) > 0;
  }, "the item is among the dead letters");
  await picture("dead letters");
  await page.locator("tr[id^=item-] .row-link").first().click();
  await visit.arrives(/^\/settings\/intake\/\d+/);
  await page.locator("pre.code", { hasText: word }).waitFor();
  await picture("dead letter");
  const item = visit.path;

  await page.goto(`/settings/channels/${account}/mapping`);
  await page.locator("textarea[name=sample]").fill(JSON.stringify(foreign));
  await fill(person, { "to.id": "/data/id", "to.author.email": "/data/from/email", "to.author.name": "/data/from/name", "to.text": "/data/body" });
  await page.locator("#preview", { hasText: "Hugo Hook" }).waitFor();
  await picture("mapping");
  await page.getByRole("button", { name: t("mapping-save"), exact: true }).click();
  await visit.arrives(`/settings/channels/${account}`);
  await page.goto(item);
  await page.getByRole("button", { name: t("intake-replay"), exact: true }).click();
  await page.getByText(t("intake-is-accepted")).waitFor();
  const program = await Program.of(person);
  await until(async () => (await program.cases(word)).length === 1, "the message is a case");
}, english);

journey("a mailbox: a mail shows on the open desk, and its answer arrives threaded", async (person) => {
  const { page, visit, house, t, picture } = person;
  const mail = await MailServers.of(house);
  await signIn(person, ADMIN, "/settings/channels/new/email");
  await fill(person, {
    name: "Support", address: "support@example.test", from_name: "Northwind Support", ca: mail.ca,
    imap_host: "localhost", imap_port: String(mail.ports.imaps), imap_security: "tls", imap_user: "support@example.test", imap_password: "secret",
    smtp_host: "localhost", smtp_port: String(mail.ports.smtps), smtp_security: "tls", smtp_user: "support@example.test", smtp_password: "secret",
  });
  await page.getByRole("button", { name: t("channel-try"), exact: true }).click();
  await page.locator("#trial .notice[data-kind=success]").waitFor({ timeout: 30_000 });
  await picture("mailbox tried");
  await create(person);
  await visit.arrives(ACCOUNT);
  await until(async () => {
    await page.reload();
    return (await page.locator("main .item .chip-green").count()) > 0;
  }, "the mailbox is connected", 40_000);

  await page.goto("/desk?view=all");
  const word = unique();
  const id = `<${word}@customer.example>`;
  const began = performance.now();
  await mail.send({ from: "alice@example.test", to: "support@example.test", id, subject: `Parcel ${word}`, text: `Hello, where is my parcel? ${word}` });
  const row = page.locator(".case-row", { hasText: word });
  await row.waitFor();
  const took = Math.round(performance.now() - began);
  console.log(`   from SMTP to the open desk: ${took} ms`);
  check(took < 10_000, `the mail took ${took} ms`);
  await row.locator(".row-link").click();
  await visit.arrives("/cases/");
  await page.locator(".message", { hasText: word }).waitFor();
  await picture("mail on the desk");
  await page.locator(".composer-input").fill(`It arrives tomorrow. ${word}`);
  await page.locator(".composer").getByRole("button", { name: t("send"), exact: true }).click();
  const answer = await until(() => mail.fetch("alice", word), "the answer is in the customer's mailbox", 60_000);
  const header = (name) => (new RegExp(`^${name}:((?:.*)(?:\\r?\\n[ \\t].*)*)`, "mi").exec(answer)?.[1] ?? "").replace(/\s+/g, " ").trim();
  same(header("In-Reply-To"), id, "In-Reply-To");
  check(header("References").includes(id), `References: ${header("References")}`);
  check(header("Subject").includes(word), `Subject: ${header("Subject")}`);
  await page.locator(".message-out .delivery[data-delivery=sent], .message-out .delivery[data-delivery=delivered]").first().waitFor();
}, english);

journey("Mastodon: signed in at the instance, a mention arrives, and its answer goes out as a reply", async (person) => {
  const { page, visit, house, t, picture } = person;
  const instance = await MastodonServer.of(house);
  const shop = await instance.person("shop");
  const anna = await instance.person("anna");
  await signIn(person, ADMIN, "/settings/channels/new/mastodon");
  await picture("mastodon form");
  await fill(person, { name: "The shop in the fediverse", base_url: instance.url, access_token: shop.token });
  await create(person);
  await visit.arrives(ACCOUNT);
  await page.goto("/desk?view=all");
  const word = unique();
  const question = await instance.post(anna, { status: `@shop is the blue one in stock? ${word}`, visibility: "public" });
  const row = page.locator(".case-row", { hasText: word });
  await row.waitFor({ timeout: 60_000 });
  await row.locator(".row-link").click();
  await visit.arrives("/cases/");
  await page.locator(".message", { hasText: word }).waitFor();
  await picture("mention on the desk");
  await page.locator(".composer-input").fill(`Yes, it is. ${word}`);
  await page.locator(".composer").getByRole("button", { name: t("send"), exact: true }).click();
  const { descendants } = await until(async () => {
    const context = await instance.get(anna, `/api/v1/statuses/${question.id}/context`);
    return context.descendants.length > 0 && context;
  }, "the answer stands below the question", 60_000);
  same(descendants[0].in_reply_to_id, question.id, "what it replies to");
  check(descendants[0].content.includes(word), "its words");
}, english);
