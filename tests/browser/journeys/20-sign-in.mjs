import { check, same, until } from "../expect.mjs";
import { journeysOf } from "../journey.mjs";
import { ADMIN, oneTimeCode, signIn } from "../people.mjs";

const journey = journeysOf("sign-in", "fresh");
const english = { language: "en" };

async function signOut({ page, visit, t }) {
  await page.locator(".user-button").click();
  await page.getByRole("menuitem", { name: t("nav-sign-out") }).click();
  await visit.arrives("/sign-in");
}

journey("sign in, and out", async (person) => {
  const { page, visit, t, picture } = person;
  await page.goto("/contacts");
  await visit.arrives("/sign-in");
  await picture("sign in");
  await person.field("email").fill(ADMIN.email);
  await person.field("password").fill(ADMIN.password);
  await person.button("sign-in").click();
  await visit.arrives("/contacts");
  await signOut(person);
  await page.goto("/desk");
  await visit.arrives("/sign-in");
  same(await page.locator("h1").innerText(), t("sign-in-title"), "heading");
}, english);

journey("a wrong password is refused without telling why", async ({ page, visit, t, field, button }) => {
  visit.provoke(401, 422);
  for (const email of [ADMIN.email, "nobody@example.com"]) {
    await page.goto("/sign-in");
    await field("email").fill(email);
    await field("password").fill("not the password");
    await button("sign-in").click();
    await page.getByRole("alert").getByText(t("sign-in-wrong")).waitFor();
    same(await field("email").inputValue(), email, "the address is kept");
  }
}, english);

journey("a second factor", async (person) => {
  const { page, visit, t, field, button, picture } = person;
  visit.provoke(401, 422);
  await signIn(person, ADMIN, "/account/security/second-factor");
  await picture("second factor");
  const secret = await page.locator("code.mono").innerText();
  await field("code").fill("000000");
  await field("password-current").fill(ADMIN.password);
  await button("second-factor-enable").click();
  await page.getByText(t("code-wrong")).first().waitFor();
  await field("code").fill(oneTimeCode(secret));
  await field("password-current").fill(ADMIN.password);
  await button("second-factor-enable").click();
  await page.locator("#recovery-codes").waitFor();
  const [recovery] = (await page.locator("#recovery-codes code").innerText()).trim().split(/\s+/);
  await picture("recovery codes");
  await signOut(person);

  await field("email").fill(ADMIN.email);
  await field("password").fill(ADMIN.password);
  await button("sign-in").click();
  await page.getByRole("heading", { name: t("code-title") }).waitFor();
  await picture("second factor asked");
  await field("code").fill("123456");
  await button("sign-in").click();
  await page.getByText(t("code-wrong")).waitFor();
  // The code of this half minute was used above; the clock of a phone may be ahead by one.
  await field("code").fill(oneTimeCode(secret, Date.now() + 30_000));
  await button("sign-in").click();
  await visit.arrives("/desk");
  await signOut(person);

  await field("email").fill(ADMIN.email);
  await field("password").fill(ADMIN.password);
  await button("sign-in").click();
  await field("code").fill(recovery);
  await button("sign-in").click();
  await visit.arrives("/desk");
  await page.goto("/account/security");
  await field("password-current").first().fill(ADMIN.password);
  await button("second-factor-disable").click();
  await page.getByRole("link", { name: t("second-factor-enable") }).waitFor();
}, english);

journey("sessions are listed, and another one is ended", async (person) => {
  const { page, t, open } = person;
  await signIn(person, ADMIN, "/account/security");
  const other = (await open(english)).tools;
  await signIn(other, ADMIN);
  await page.reload();
  await page.getByRole("button", { name: t("sessions-end-others") }).click();
  await until(async () => (await page.locator("li[id^=session-]").count()) === 1, "one session is left");
  await other.page.goto("/account");
  check(other.visit.path.startsWith("/sign-in"), "the other browser has to sign in again");
}, english);
