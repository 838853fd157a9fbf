// The sentences of the interface, read from the product's own files, so that journeys follow them.
import { readFileSync, readdirSync } from "node:fs";

const locales = new URL("../../crates/web/locales/", import.meta.url);

/** key -> sentence; of sentences with cases the lines as they stand. */
function read(language) {
  const folder = new URL(`${language}/`, locales);
  const words = new Map();
  for (const file of readdirSync(folder)) {
    let key = null;
    for (const line of readFileSync(new URL(file, folder), "utf8").split("\n")) {
      const start = /^([a-z][\w-]*) =\s?(.*)$/.exec(line);
      if (start) words.set((key = start[1]), start[2]);
      else if (/^\s+\S/.test(line) && key) words.set(key, `${words.get(key)}\n${line.trim()}`);
      else key = null;
    }
  }
  return words;
}

export const WORDS = { it: read("it"), en: read("en") };

/** `t("done-merged", { merged: 7, kept: 5 })` */
export function speaker(language) {
  return (key, values = {}) => {
    const words = WORDS[language].get(key);
    if (words === undefined) throw new Error(`there is no sentence "${key}"`);
    return words.replace(/\{ ?\$(\w+) ?\}/g, (_, name) => values[name] ?? "").replace(/\{ ?"([^"]*)" ?\}/g, "$1");
  };
}
