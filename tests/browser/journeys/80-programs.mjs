// What programs use, and the people who connect them.
import { check, same, until } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { Program } from "../program.mjs";

const journey = journeysOf("programs", "demo");

journey("an API token is shown once, works, and can be revoked", async (person) => {
  const { page, server, t, button, picture } = person;
  await page.goto("/account/tokens");
  await page.getByLabel(t("token-name"), { exact: true }).fill("Cruscotto");
  await page.getByLabel(t("permission-read_cases"), { exact: true }).check();
  await button("token-create").click();
  const token = (await page.locator("#new-token code").first().innerText()).trim();
  check(token.startsWith("voce_"), `${token.slice(0, 5)}… begins as tokens do`);
  await picture("new token");
  const ask = (path, method = "GET") => fetch(`${server.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  same((await ask("/cases")).status, 200, "reading cases");
  same((await ask("/contacts")).status, 403, "reading contacts, which it may not");
  await page.reload();
  await page.goto("/account/tokens");
  same((await page.content()).includes(token), false, "the token is shown again");
  const line = page.locator("li[id^=token-]", { hasText: "Cruscotto" });
  await line.getByRole("button", { name: t("token-revoke") }).click();
  await line.waitFor({ state: "detached" });
  same((await ask("/cases")).status, 401, "reading cases with a revoked token");
});
