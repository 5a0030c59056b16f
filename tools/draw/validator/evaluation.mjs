// Options that are expressions ("> primary | seriesByName(…)"), carried out by Splunk's evaluator on the results.
// A wrong name in one is no error to Splunk: the option is then empty, and a colour, a column or a choice is lost.
import encoding from "@splunk/visualization-encoding/Options.js";
import { visualizationDict } from "./types.mjs";

const KINDS = ["visualizations", "inputs"];
const CLICKED = /\brow\.([^"$]+)\.value\b/g;
const theme = (name) => (name.startsWith("default") ? "#ffffff" : undefined);

// Columns that a panel names and its search does not give, and series that are left to a colour by chance.
export function* fieldFaults(definition, results) {
  for (const [id, panel] of Object.entries(definition.visualizations ?? {})) {
    const where = `/visualizations/${id}`;
    const given = (results[panel.dataSources?.primary]?.fields ?? []).map(({ name }) => name);
    for (const [verb, columns] of Object.entries(named(panel))) {
      const missing = columns.filter((column) => !given.includes(column));
      yield* missing.map((column) => ({
        where,
        message: `${verb} the column ${column}, which its search does not give`,
      }));
    }
    yield* uncoloured(panel, given).map((name) => ({ where, message: `gives no colour to ${name}, but to others` }));
  }
}

const named = ({ type, options, eventHandlers }) => ({
  formats: type === "splunk.table" ? Object.keys(options?.columnFormat ?? {}) : [],
  "reads on a click": [...JSON.stringify(eventHandlers ?? []).matchAll(CLICKED)].map(([, column]) => column),
});

function uncoloured({ options }, given) {
  const colours = options?.seriesColorsByField;
  const series = given.slice(1).filter((name) => !name.startsWith("_"));
  return colours ? series.filter((name) => !(name in colours)) : [];
}

export function* withoutResult(definition, results) {
  const parts = KINDS.flatMap((kind) =>
    Object.entries(definition[kind] ?? {}).map(([id, part]) => [`/${kind}/${id}`, part]),
  );
  for (const [where, part] of parts) {
    const empty = Object.values(part.dataSources ?? {}).filter((name) => !results[name]?.columns?.[0]?.length);
    yield* empty.map((name) => ({ where, message: `has nothing to show: ${name} has no rows` }));
    if (!empty.length) yield* unresolved(where, part, results);
  }
}

function* unresolved(where, { type, dataSources, options = {}, context = {} }, results) {
  const data = Object.entries(dataSources ?? {}).map(([slot, name]) => [slot, { data: results[name] }]);
  const stanza = { context, options: { ...defaults(type), ...options } }; // in this order: options read the context
  const values = quietly(() => encoding.Options.evaluate(stanza, Object.fromEntries(data), theme));
  for (const { path, text } of expressions(options)) {
    const value = path.reduce((inner, key) => inner?.[key], values);
    if (isEmpty(value)) yield { where: `${where}/options/${path.join("/")}`, message: `gives nothing: ${text}` };
  }
}

// The evaluator logs to the console every default that has too few rows, as the trend of a single value of one row.
function quietly(evaluate) {
  const { error, warn } = console;
  console.error = console.warn = () => {};
  try {
    return evaluate();
  } catch {
    return {};
  } finally {
    Object.assign(console, { error, warn });
  }
}

function defaults(type) {
  const known = Object.entries(visualizationDict[type] ?? {}).filter(([, schema]) => "default" in schema);
  return Object.fromEntries(known.map(([name, schema]) => [name, schema.default]));
}

function* expressions(value, path = []) {
  if (typeof value === "string" && value.trim().startsWith(">")) yield { path, text: value };
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) yield* expressions(inner, [...path, key]);
}

// A list may have empty texts: rows without a colour of their own. A single value may not.
const isEmpty = (value) => (Array.isArray(value) ? value.every(isLacking) : value === "" || isLacking(value));

const isLacking = (value) => value === undefined || value === null || isHalfAChoice(value);

const isHalfAChoice = (value) => typeof value === "object" && "label" in value !== "value" in value;
