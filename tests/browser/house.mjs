// The servers that the journeys visit: started when first needed, stopped at the end.
import { spawn, execFile } from "node:child_process";
import { createWriteStream, existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { until } from "./expect.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const out = fileURLToPath(new URL("out/", import.meta.url));
const binary = process.env.VOCE_BIN ?? join(root, "target/debug/voce");

/** Peers on this machine may be spoken to. */
const LOOPBACK = "localhost,127.0.0.1";

export class House {
  servers = new Map();
  closers = [];

  static async open() {
    if (!existsSync(binary)) throw new Error(`there is no ${binary}: run cargo build first`);
    const house = new House();
    house.scratch = await mkdtemp(join(tmpdir(), "voce-browser-"));
    // Servers that give up their rights look into it.
    await chmod(house.scratch, 0o755);
    return house;
  }

  /** "fresh": nobody is there yet. "demo": the example company. */
  server(kind) {
    if (!this.servers.has(kind)) this.servers.set(kind, this.start(kind));
    return this.servers.get(kind);
  }

  async start(kind) {
    const port = await freePort();
    const folder = join(this.scratch, kind);
    const url = `http://localhost:${port}`;
    const listen = `127.0.0.1:${port}`;
    const args = kind === "demo" ? ["demo", "--folder", folder, "--listen", listen] : ["serve", "--data", folder, "--listen", listen, "--base-url", url];
    const env = { ...process.env, VOCE_ALLOW_PRIVATE_HOSTS: LOOPBACK };
    const child = spawn(binary, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(out, `${kind}.log`));
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    this.closers.push(() => end(child));
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`voce ${args[0]} ended: see out/${kind}.log`);
      return fetch(`${url}/sign-in`, { redirect: "manual" }).then(() => true, () => false);
    }, `voce ${args[0]} answers`, 180_000);
    /** A sub-command on the same installation; returns what it prints. */
    const command = async (...words) => (await run(binary, [...words, "--data", folder], { env })).stdout.trim();
    return { kind, url, folder, command };
  }

  /** Something else to stop at the end; the last first. */
  atEnd(close) {
    this.closers.push(close);
  }

  async close() {
    for (const close of this.closers.splice(0).reverse()) await close();
    await rm(this.scratch, { recursive: true, force: true });
  }

  /** Path of a file of the repository. */
  file(path) {
    return join(root, path);
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(hard);
}
