// Makes what the browser is given from the libraries: node build.mjs FOLDER. Nothing of it is kept in version control.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];

await build({
  absWorkingDir: here,
  entryPoints: ["vendor.css", "vendor.js", "charts.js"],
  outdir: out,
  bundle: true,
  minify: true,
  legalComments: "linked",
  format: "iife",
  target: ["chrome111", "firefox114", "safari16.4"],
  logLevel: "warning",
});

// One file of symbols: <use href="icons.svg#phone">.
const symbols = readFileSync(join(here, "icons.txt"), "utf8").trim().split("\n").map((name) => {
  const svg = readFileSync(join(here, "node_modules/@tabler/icons/icons/outline", `${name}.svg`), "utf8");
  const drawing = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return `<symbol id="${name}" viewBox="0 0 24 24">${drawing.replace(/\s+/g, " ").trim()}</symbol>`;
});
writeFileSync(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);

// whitenoise hands out the smaller ones to whoever takes them
for (const name of readdirSync(out).filter((each) => /\.(css|js|svg)$/.test(each))) {
  const content = readFileSync(join(out, name));
  writeFileSync(join(out, `${name}.gz`), gzipSync(content, { level: 9 }));
  writeFileSync(join(out, `${name}.br`), brotliCompressSync(content));
}
