// Dovecot and Postfix on this machine (tests/peers/email), and the customer's mail program.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { LeftOut } from "./expect.mjs";
import { freePort } from "./house.mjs";

const run = promisify(execFile);
const PORTS = ["imap", "imaps", "lmtp", "sasl", "smtp", "submission", "smtps"];

export class MailServers {
  static of(house) {
    house.mail ??= MailServers.start(house);
    return house.mail;
  }

  static async start(house) {
    const there = ["/usr/sbin/dovecot", "/usr/sbin/postfix"].every(existsSync);
    if (!there || process.getuid() !== 0) throw new LeftOut("Dovecot, Postfix and root are needed");
    const servers = new MailServers();
    const folder = join(house.scratch, "mail");
    servers.ports = {};
    const env = { ...process.env, MAIL_DIR: folder };
    for (const name of PORTS) env[`${name.toUpperCase()}_PORT`] = servers.ports[name] = await freePort();
    const script = house.file("tests/peers/email/run.sh");
    // The servers keep the script's output open, so it is not waited for.
    const told = (what) => run("bash", ["-c", `"$0" ${what} >"$1" 2>&1`, script, `${folder}.log`], { env });
    house.atEnd(() => told("stop").catch(() => {}));
    await told("start");
    servers.ca = await readFile(join(folder, "tls/ca.pem"), "utf8");
    return servers;
  }

  /** As a mail program would: SMTP (RFC 5321). */
  async send({ from, to, id, subject, text }) {
    const line = await dialogue(this.ports.smtp);
    const mail = [`From: Alice <${from}>`, `To: ${to}`, `Message-ID: ${id}`, `Subject: ${subject}`, `Date: ${new Date().toUTCString()}`, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", text];
    await line.hear(/^220 /m);
    for (const [say, hear] of [["EHLO customer.example", /^250 /m], [`MAIL FROM:<${from}>`, /^250 /m], [`RCPT TO:<${to}>`, /^250 /m], ["DATA", /^354 /m], [`${mail.join("\r\n")}\r\n.`, /^250 /m], ["QUIT", /^221 /m]]) {
      line.say(say);
      await line.hear(hear);
    }
    line.end();
  }

  /** The newest mail of a user that holds `word`, whole; null when there is none. By IMAP (RFC 9051). */
  async fetch(user, word) {
    const line = await dialogue(this.ports.imap);
    await line.hear(/^\* OK/m);
    line.say(`a LOGIN ${user}@example.test secret`);
    await line.hear(/^a OK/m);
    line.say("b SELECT INBOX");
    await line.hear(/^b OK/m);
    line.say(`c SEARCH TEXT ${word}`);
    const number = /^\* SEARCH.* (\d+)\s*$/m.exec(await line.hear(/^c OK/m))?.[1];
    let mail = null;
    if (number) {
      line.say(`d FETCH ${number} BODY.PEEK[]`);
      mail = await line.hear(/^d OK/m);
    }
    line.say("e LOGOUT");
    line.end();
    return mail;
  }
}

/** A connection that speaks in lines. */
function dialogue(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let heard = "";
    let wake = () => {};
    socket.setEncoding("utf8");
    socket.on("error", reject);
    socket.on("data", (data) => {
      heard += data;
      wake();
    });
    const hear = (pattern) =>
      new Promise((told, failed) => {
        const late = setTimeout(() => failed(new Error(`the mail server said ${JSON.stringify(heard)}`)), 15_000);
        wake = () => {
          if (!pattern.test(heard)) return;
          clearTimeout(late);
          told(heard);
          heard = "";
        };
        wake();
      });
    socket.once("connect", () => resolve({ hear, say: (words) => socket.write(`${words}\r\n`), end: () => socket.end() }));
  });
}
