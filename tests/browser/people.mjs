// Who signs in on the fresh installation, and how.
import { createHmac } from "node:crypto";

export const ADMIN = { name: "Anna Verdi", email: "anna@example.com", password: "quiet rivers carry stones" };

export async function signIn({ page, visit, field, button }, { email, password }, next = "/desk") {
  await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
  await field("email").fill(email);
  await field("password").fill(password);
  await button("sign-in").click();
  await visit.arrives(next);
}

/** Somebody of the demo besides Giulia, who is signed in there without typing. */
export async function signInAtDemo(person, email) {
  const password = `a password of ${email}`;
  const { page, server, visit } = person;
  const link = new URL(await server.command("user", "reset", email));
  await page.goto(link.pathname);
  await person.field("password-new").fill(password);
  await person.button("save").click();
  await visit.arrives("/sign-in").catch(() => {});
  // The demo knows everybody as Giulia, so the form is not shown to them: it is sent as a browser would.
  await page.evaluate(
    async (body) => fetch("/sign-in", { method: "POST", body: new URLSearchParams(body), redirect: "manual" }),
    { email, password, next: "/desk" },
  );
  await page.goto("/desk");
}

/** RFC 6238 with the usual parameters. `secret` in base32; `at` in milliseconds. */
export function oneTimeCode(secret, at = Date.now()) {
  const bits = [...secret.replace(/[\s=]/g, "").toUpperCase()].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = hash[19] & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
