// Puts the page and all that it uses into two files for the browser.
import { join } from "node:path";
import { build } from "esbuild";

const HERE = import.meta.dirname;

await build({
  absWorkingDir: HERE,
  bundle: true,
  define: { "process.env.NODE_ENV": '"production"' },
  entryPoints: ["page.jsx"],
  jsx: "automatic",
  logLevel: "error",
  outdir: join(HERE, "node_modules/.cache/page"),
});
