// A Mastodon server on this machine (tests/peers/mastodon), and the people on it.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { check, LeftOut } from "./expect.mjs";
import { freePort } from "./house.mjs";

const run = promisify(execFile);

export class MastodonServer {
  static of(house) {
    house.mastodon ??= MastodonServer.start(house);
    return house.mastodon;
  }

  static async start(house) {
    const folder = join(house.scratch, "mastodon");
    const script = house.file("tests/peers/mastodon/run.sh");
    const port = String(await freePort());
    const told = (...words) => run("bash", ["-c", '"$0" "$@" >/dev/null 2>&1', script, ...words]);
    await told("prepare", folder).catch(() => {
      throw new LeftOut("the Mastodon server cannot be prepared");
    });
    house.atEnd(() => told("stop", folder, port).catch(() => {}));
    await told("start", folder, port);
    const server = new MastodonServer();
    server.url = `http://localhost:${port}`;
    return server;
  }

  async call(method, path, token, body) {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const answer = await response.text();
    check(response.ok, `${method} ${path}: ${response.status} ${answer}`);
    return JSON.parse(answer);
  }

  async person(username) {
    const answer = await this.call("POST", "/api/v1/_mock/dev_user", null, { username });
    return { username, token: answer.access_token ?? answer.token };
  }

  post(person, status) {
    return this.call("POST", "/api/v1/statuses", person.token, status);
  }

  get(person, path) {
    return this.call("GET", path, person.token);
  }
}
