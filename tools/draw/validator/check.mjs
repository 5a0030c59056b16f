// Reads {name: {definition, results}} from stdin and writes {name: [{where, message}]}: the faults of each definition.
// `results` is {data source: {fields, columns}} or null, where only the definition is to be checked.
import { readFileSync } from "node:fs";
import { fieldFaults, withoutResult } from "./evaluation.mjs";
import { layoutFaults } from "./layout.mjs";
import { referenceFaults } from "./references.mjs";
import { schemaFaults } from "./schema.mjs";
import { tokenFaults } from "./tokens.mjs";

function faults(definition, results, names) {
  const form = schemaFaults(definition);
  if (form.length) return form; // a definition of another form cannot be checked further
  const shown = results ? [...fieldFaults(definition, results), ...withoutResult(definition, results)] : [];
  return [...referenceFaults(definition, names), ...tokenFaults(definition), ...layoutFaults(definition), ...shown];
}

const dashboards = JSON.parse(readFileSync(0, "utf8"));
const names = new Set(Object.keys(dashboards));
const answers = Object.entries(dashboards).map(([name, given]) => [
  name,
  faults(given.definition, given.results, names),
]);
process.stdout.write(JSON.stringify(Object.fromEntries(answers)));
