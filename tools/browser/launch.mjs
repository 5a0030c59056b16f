// A headless Chromium from its npm package, with the libraries and fonts that it brings: no system package is needed.
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CACHE = join(import.meta.dirname, "node_modules", ".cache", "browser");
const QUIET = [
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-quic",
  "--disable-sync",
];

export async function launch() {
  mkdirSync(CACHE, { recursive: true });
  process.env.TMPDIR = CACHE; // where the package unpacks itself
  const { default: chromium, inflate, setupLambdaEnvironment } = await import("@sparticuz/chromium");
  const executablePath = await chromium.executablePath();
  await inflate(join(import.meta.dirname, "node_modules/@sparticuz/chromium/bin/al2023.tar.br"));
  setupLambdaEnvironment(join(tmpdir(), "al2023", "lib"));
  process.env.FONTCONFIG_FILE = join(import.meta.dirname, "fonts.conf");
  const { chromium: playwright } = await import("playwright-core");
  return playwright.launch({ executablePath, headless: true, args: ["--no-sandbox", "--disable-gpu", ...QUIET] });
}
