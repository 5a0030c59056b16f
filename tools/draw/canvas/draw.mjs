// Reads {name: {definition, results}} from stdin, draws each as FOLDER/name.png and writes {name: [{where, message}]}.
// Without a folder it writes no picture.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "../../browser/launch.mjs";
import { panelFaults } from "./faults.mjs";
import { open, settle, WIDTH } from "./page.mjs";

async function drawn(browser, { definition, results }, picture) {
  const { page, faults } = await open(browser);
  await page.evaluate((shown) => window.draw(shown), withResults(definition, results));
  await settle(page);
  const panels = await page.evaluate(() => window.look());
  if (picture) await page.screenshot({ path: picture });
  await page.close();
  return [...faults, ...panelFaults(panels, shownParts(definition), WIDTH)];
}

// Searches give way to what they found; their defaults have nothing left to apply to.
function withResults({ defaults: { dataSources: _, ...defaults } = {}, ...definition }, results) {
  const found = ([name]) => [
    name,
    { type: "ds.test", options: { data: results[name] ?? { fields: [], columns: [] } } },
  ];
  return {
    ...definition,
    defaults,
    dataSources: Object.fromEntries(Object.entries(definition.dataSources).map(found)),
  };
}

function shownParts({ layout }) {
  const layouts = layout.type ? [layout] : Object.values(layout.layoutDefinitions);
  return [...(layout.globalInputs ?? []), ...layouts.flatMap(({ structure }) => structure.map(({ item }) => item))];
}

const folder = process.argv[2];
const browser = await launch();
const faults = {};
for (const [name, given] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  faults[name] = await drawn(browser, given, folder && join(folder, `${name}.png`));
}
await browser.close();
process.stdout.write(JSON.stringify(faults));
