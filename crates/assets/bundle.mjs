// Bundles styles and scripts and prepares icons and images for embedding.
// Called by build.rs as `node bundle.mjs OUT`; leaves OUT/files (to serve) and OUT/icons (to inline).
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { build } from "esbuild";

const out = process.argv[2];
const files = join(out, "files");
const icons = join(out, "icons");
for (const folder of [files, icons]) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

// Turbo writes its progress bar's style into the page, which our content security policy refuses.
// styles/progress.css has the rules instead.
const turboWithoutInlineStyle = {
  name: "turbo-without-inline-style",
  setup(build) {
    build.onLoad({ filter: /@hotwired[/\\]turbo[/\\]dist[/\\].*\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const call = "this.installStylesheetElement();";
      if (!source.includes(call)) throw new Error(`Turbo changed: ${call} is gone, look at bundle.mjs`);
      return { contents: source.replace(call, ""), loader: "js" };
    });
  },
};

const entries = async (folder, extension) =>
  (await readdir(folder)).filter((file) => extname(file) === extension).map((file) => join(folder, file));

await build({
  entryPoints: ["styles/app.css", ...(await entries("scripts", ".js"))],
  outdir: files,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome123", "firefox128", "safari17.5"],
  entryNames: "[name].[hash]",
  assetNames: "[name].[hash]",
  publicPath: "/assets",
  loader: { ".woff2": "file", ".svg": "text" },
  legalComments: "linked",
  plugins: [turboWithoutInlineStyle],
  logLevel: "warning",
});

for (const image of await readdir("images", { withFileTypes: true })) {
  if (!image.isFile()) continue;
  const source = join("images", image.name);
  const hash = createHash("sha256").update(await readFile(source)).digest("hex").slice(0, 8);
  const extension = extname(image.name);
  await cp(source, join(files, `${basename(image.name, extension)}.${hash}${extension}`));
}

const sets = {
  lucide: "node_modules/lucide-static/icons",
  brand: "node_modules/simple-icons/icons",
  own: "images/icons",
};

const shapes = (svg) =>
  svg
    .replace(/<!--.*?-->|<title>.*?<\/title>/gs, "")
    .replace(/^\s*<svg[^>]*>|<\/svg>\s*$/g, "")
    .replace(/\s+/g, " ")
    .replace(/> </g, "><")
    .trim();

for (const line of (await readFile("icons.txt", "utf8")).split("\n")) {
  const [name, source = `lucide/${name}`] = line.replace(/#.*/, "").trim().split(/\s+/);
  if (!name) continue;
  const [set, file] = source.split("/");
  const svg = await readFile(join(sets[set], `${file}.svg`), "utf8");
  const paint = { lucide: 'class="icon"', brand: 'class="icon icon-solid"', own: `class="icon ${name}"` }[set];
  await writeFile(join(icons, name), `<svg ${paint} viewBox="0 0 24 24" aria-hidden="true">${shapes(svg)}</svg>`);
}
