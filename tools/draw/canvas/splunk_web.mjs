// What Splunk Web and splunkd would answer to the page; the page has no other server.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const HERE = import.meta.dirname;
const BUNDLE = join(HERE, "node_modules/.cache/page"); // made by bundle.mjs
const FONTS = join(HERE, "node_modules/@splunk/visualization-canvas/fonts");
const TIMES = [
  ["Last 24 hours", "-24h@h", "now"],
  ["Last 7 days", "-7d@h", "now"],
  ["Last 30 days", "-30d@d", "now"],
];

export const ORIGIN = "http://splunk.invalid";

// Answers by path, as arguments of playwright's `route.fulfill`.
export function splunkWeb() {
  const answers = {
    "/": file(join(HERE, "page.html"), "text/html"),
    "/page.js": file(join(BUNDLE, "page.js"), "text/javascript"),
    "/page.css": file(join(BUNDLE, "page.css"), "text/css"),
    "/favicon.ico": { status: 204 },
    "/splunkd/services/authentication/current-context": {
      json: entries([{ capabilities: ["search"], username: "reader" }]),
    },
    "/splunkd/servicesNS/reader/-/data/ui/times": { json: entries(TIMES.map(time)) },
  };
  return (path) =>
    path.startsWith("/fonts/") ? file(join(FONTS, path.slice("/fonts/".length)), "font/woff") : answers[path];
}

const file = (path, contentType) => ({ body: readFileSync(path), contentType });
const entries = (contents) => ({ entry: contents.map((content) => ({ content })) });
const time = ([label, earliest_time, latest_time], order) => ({ label, earliest_time, latest_time, order });
