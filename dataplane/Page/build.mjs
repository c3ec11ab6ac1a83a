// build.mjs FOLDER: writes the page's files there, bundled, minified and compressed with gzip.
import { build } from "esbuild";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const source = new URL("source/", import.meta.url).pathname;
const folder = process.argv[2];
if (!folder) throw new Error("usage: build.mjs FOLDER");

const bundle = await build({
    entryPoints: { page: join(source, "main.ts"), style: join(source, "page.css") },
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022"],
    outdir: folder,
    write: false,
    logLevel: "warning",
});
const text = (suffix) => bundle.outputFiles.find((file) => file.path.endsWith(suffix)).contents;
const files = {
    "page.js": text("/page.js"),
    "page.css": text("/style.css"),
    "index.html": await readFile(join(source, "index.html")),
    "icon.svg": await readFile(join(source, "icon.svg")),
};
await mkdir(folder, { recursive: true });
for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
