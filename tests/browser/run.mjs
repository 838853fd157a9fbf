// Drives the product as its users see it, in a real Chromium: `node run.mjs [words of journeys to run]`.
// VOCE_BIN names the binary (target/debug/voce unless given), CHROMIUM the browser; pictures are kept in out/.
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { chromium } from "playwright-core";
import { journeys } from "./journey.mjs";
import { House } from "./house.mjs";
import { LeftOut } from "./expect.mjs";
import { Visit } from "./visit.mjs";

const here = new URL(".", import.meta.url);
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
/** A journey that takes longer hangs. */
const LONGEST = 240_000;
const MOST_TROUBLES = 8;

for (const file of (await readdir(new URL("journeys/", here))).sort()) await import(`./journeys/${file}`);
const wanted = process.argv.slice(2);
const chosen = journeys.filter(({ name, file }) => !wanted.length || wanted.some((word) => `${file} ${name}`.includes(word)));

if (!chosen.length) {
  console.log(`no journey is called ${wanted.join(", ")}`);
  process.exit(1);
}
if (!existsSync(executablePath)) {
  console.log(`no browser at ${executablePath}: the journeys are left out`);
  process.exit(process.env.CI === "true" ? 1 : 0);
}

if (!wanted.length) await rm(new URL("out/", here), { recursive: true, force: true });
await mkdir(new URL("out/", here), { recursive: true });
const house = await House.open();
const stop = async (code) => {
  await browser?.close().catch(() => {});
  await house.close();
  process.exit(code);
};
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop(130));

let browser;
const counts = { passed: 0, failed: 0 };
try {
  browser = await chromium.launch({ executablePath, args: QUIET });
  for (const journey of chosen) await travel(journey);
} catch (error) {
  counts.failed += 1;
  console.log(`FAILED to run: ${error.stack}`);
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
await stop(counts.failed ? 1 : 0);

async function travel(journey) {
  const began = performance.now();
  const visits = [];
  try {
    const server = await house.server(journey.at);
    const open = async (options) => {
      const visit = await Visit.open(browser, server, options);
      visits.push(visit);
      return visit;
    };
    const visit = await open(journey.options);
    await within(LONGEST, journey.go({ ...visit.tools, house, open }));
    const troubles = seenBy(visits);
    if (troubles.length) throw new Error(troubles.join("\n    "));
    counts.passed += 1;
    console.log(`ok ${journey.name} (${Math.round(performance.now() - began)})`);
  } catch (error) {
    if (error instanceof LeftOut && process.env.CI !== "true") {
      console.log(`left out ${journey.name}: ${error.message}`);
    } else {
      counts.failed += 1;
      const troubles = seenBy(visits).filter((trouble) => !error.message.includes(trouble));
      console.log(`FAILED ${journey.name}: ${[error.stack?.includes("journeys/") ? where(error) : error.message, ...troubles].join("\n    ")}`);
      for (const [at, visit] of visits.entries()) await visit.picture(`failed ${journey.name}${at ? ` ${at + 1}` : ""}`).catch(() => {});
    }
  } finally {
    for (const visit of visits) await visit.close();
  }
}

/** What went wrong in front of them, each once. */
function seenBy(visits) {
  return [...new Set(visits.flatMap(({ troubles }) => troubles))].slice(0, MOST_TROUBLES);
}

/** The message, and the line of the journey. */
function where(error) {
  const line = error.stack.split("\n").find((line) => line.includes("journeys/"));
  return `${error.message.trim()} (${line.replace(/.*journeys\//, "").replace(/\)$/, "")})`;
}

function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${milliseconds / 1000} s`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
