// Copies the third-party files the pages use from node_modules into static/vendor, with their licences.
// Run by `make vendor` after `npm ci --ignore-scripts`; the result is committed, so an installation needs no Node.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const MODULES = join(ROOT, "node_modules");
const OUT = join(ROOT, "static", "vendor");

// package → [file in the package, file in static/vendor]
const FILES = {
  "@tabler/core": [["dist/css/tabler.min.css", "tabler/tabler.min.css"]],
  "chart.js": [
    ["dist/chart.umd.min.js", "chartjs/chart.umd.min.js"],
    ["LICENSE.md", "chartjs/LICENSE.md"],
  ],
  idiomorph: [
    ["dist/idiomorph-ext.min.js", "idiomorph/idiomorph-ext.min.js"],
    ["LICENSE", "idiomorph/LICENSE"],
  ],
  "@fontsource-variable/inter": [
    ["files/inter-latin-wght-normal.woff2", "inter/inter-latin.woff2"],
    ["files/inter-latin-ext-wght-normal.woff2", "inter/inter-latin-ext.woff2"],
    ["LICENSE", "inter/LICENSE"],
  ],
  "@tabler/icons": [["LICENSE", "icons/LICENSE"]],
  "dejavu-fonts-ttf": [
    ["ttf/DejaVuSans.ttf", "dejavu/DejaVuSans.ttf"],
    ["ttf/DejaVuSans-Bold.ttf", "dejavu/DejaVuSans-Bold.ttf"],
    ["LICENSE", "dejavu/LICENSE"],
  ],
};

// The icons the pages use, by Tabler's names: `{% icon "send" %}`. A test compares this list with the templates.
const ICONS = readFileSync(join(ROOT, "scripts", "icons.txt"), "utf8").split(/\s+/).filter(Boolean).sort();

rmSync(OUT, { recursive: true, force: true });
for (const [name, files] of Object.entries(FILES)) {
  for (const [from, to] of files) put(to, clean(to, readFileSync(join(MODULES, name, from))));
}
put("tabler/LICENSE", Buffer.from(bannerOf("tabler/tabler.min.css")));
put("icons/icons.svg", Buffer.from(sprite()));
writeFileSync(join(OUT, "MANIFEST.json"), JSON.stringify(manifest(), null, 2) + "\n");

function put(path, content) {
  mkdirSync(dirname(join(OUT, path)), { recursive: true });
  writeFileSync(join(OUT, path), content);
}

// A manifest storage looks for every file a source names, and we do not ship source maps.
function clean(path, content) {
  if (!/\.(css|js)$/.test(path)) return content;
  const text = content.toString("utf8").replace(/\/\*# sourceMappingURL=.*?\*\/|\/\/# sourceMappingURL=\S*/g, "");
  return Buffer.from(text.trimEnd() + "\n");
}

// Tabler's package carries its licence only as the first comment of its files, and as a word in package.json.
function bannerOf(path) {
  const text = readFileSync(join(OUT, path), "utf8");
  const banner = text.match(/\/\*!([\s\S]*?)\*\//)?.[1].replace(/^\s*\* ?/gm, "").trim() ?? "";
  return `${banner}\n\n${readFileSync(join(ROOT, "scripts", "mit.txt"), "utf8")}`;
}

function sprite() {
  const symbols = ICONS.map((name) => {
    const svg = readFileSync(join(MODULES, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
    const body = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
    const paths = body.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "").replace(/\s*\n\s*/g, "");
    return (
      `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ` +
      `stroke-linecap="round" stroke-linejoin="round">${paths}</symbol>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

function manifest() {
  const packages = {};
  for (const name of Object.keys(FILES)) {
    const { version, license } = JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8"));
    packages[name] = { version, license };
  }
  const files = {};
  for (const path of walk(OUT)) {
    files[relative(OUT, path)] = createHash("sha256").update(readFileSync(path)).digest("hex");
  }
  return { packages, files };
}

function walk(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? walk(path) : [path];
    });
}
