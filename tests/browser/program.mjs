// A program that uses the API with a token of its own, as a system beside Voce would.
import { check, until } from "./expect.mjs";

let written = 0;

export class Program {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  /** The program of a server; its token is made on the page, once. Somebody has to be signed in. */
  static of(person) {
    const { server } = person;
    server.program ??= makeToken(person).then((token) => new Program(server.url, token));
    return server.program;
  }

  async call(method, path, body) {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
    const answer = await response.json().catch(() => null);
    check(response.ok, `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** The account of the open intake with this name; the first one unless said. */
  async account(name) {
    const { items } = await this.call("GET", "/accounts");
    const found = items.find((account) => (account.kind ?? account.channel) === "api" && (!name || account.name === name));
    check(found, `there is no account of the open intake ${name ?? ""}`);
    return found.id;
  }

  /** A customer writes. */
  async write({ account, ...message }) {
    written += 1;
    const id = `browser-${Date.now()}-${written}`;
    const author = { email: `${id}@customers.example`, name: "Carla Prova", ...message.author };
    await this.call("POST", `/messages?account=${account ?? (await this.account())}`, { id, kind: "chat", ...message, author });
    return id;
  }

  /** A customer writes; the case that came of it. `word` occurs in no other message. */
  async open(message) {
    const word = unique();
    await this.write({ ...message, text: `${message.text} (${word})` });
    const found = await until(async () => (await this.cases(word))[0], "the message becomes a case");
    return { ...found, word };
  }

  async cases(words) {
    return (await this.call("GET", `/cases?q=${encodeURIComponent(words)}`)).items;
  }

  get(number) {
    return this.call("GET", `/cases/${number}`);
  }
}

/** A word that occurs nowhere else. */
export function unique() {
  return `zq${Date.now().toString(36)}${(written += 1)}x`;
}

async function makeToken({ visit, t }) {
  const page = await visit.context.newPage();
  await page.goto("/account/tokens");
  await page.getByLabel(t("token-name"), { exact: true }).fill("Warehouse system");
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await page.getByRole("button", { name: t("token-create"), exact: true }).click();
  const token = (await page.locator("#new-token code").first().innerText()).trim();
  await page.close();
  return token;
}
