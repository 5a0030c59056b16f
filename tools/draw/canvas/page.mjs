// A page of the browser with the dashboard's view in it, and the faults that it reported.
import { ORIGIN, splunkWeb } from "./splunk_web.mjs";

export const WIDTH = 1440;
const PATIENCE = 20_000; // milliseconds
const STILL = 600; // milliseconds without a change: everything is drawn
const HARMLESS = [
  /^The preset entry for layout type \w+ has no config\.layoutApi property$/, // editing only
  /^1 1$/, // the timeline, of the density of pixels
  /^DSL delta cannot be computed for non-numerical/, // a single value that is a text has no trend
  /^Highcharts warning: Deprecated member/,
  /^strict mode: /, // of the validator on Splunk's own schema
];

export async function open(browser) {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 }, locale: "en-US", timezoneId: "UTC" });
  const faults = [];
  page.on("pageerror", (error) => faults.push({ where: "/", message: `stops with ${error.message}` }));
  page.on("console", (message) => {
    const text = message.text();
    const bad = ["error", "warning"].includes(message.type()) && !HARMLESS.some((known) => known.test(text));
    if (bad) faults.push({ where: "/", message: `logs to the console: ${text.slice(0, 400)}` });
  });
  const answer = splunkWeb();
  await page.route("**/*", (route) => {
    const { origin, pathname } = new URL(route.request().url());
    const answered = origin === ORIGIN && answer(pathname);
    if (!answered) faults.push({ where: "/", message: `asks for ${route.request().url()}` });
    return answered ? route.fulfill(answered) : route.abort();
  });
  await page.goto(ORIGIN);
  return { page, faults };
}

// Until nothing changes any more. A picture of more than the window would resize the page while it is taken,
// and panels would draw anew; so the window becomes as high as the page.
export async function settle(page) {
  await page.evaluate(stillness, { STILL, PATIENCE });
  await page.setViewportSize({ width: WIDTH, height: await page.evaluate(() => document.body.scrollHeight) });
  await page.evaluate(stillness, { STILL, PATIENCE });
}

// Runs in the page.
async function stillness({ STILL, PATIENCE }) {
  await document.fonts.ready;
  let changed = performance.now();
  const began = changed;
  const observer = new MutationObserver(() => (changed = performance.now()));
  observer.observe(document.body, { attributes: true, childList: true, characterData: true, subtree: true });
  while (performance.now() - changed < STILL && performance.now() - began < PATIENCE) {
    await new Promise((wake) => setTimeout(wake, 50));
  }
  observer.disconnect();
}
