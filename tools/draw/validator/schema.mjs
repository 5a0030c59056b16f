// Splunk's own validator, with its schemas closed: an option or key that no schema names is a fault too.
import definitions from "@splunk/dashboard-definition";
import validation from "@splunk/dashboard-validation";
import { dataSourceDict, inputDict, layoutDict, visualizationDict } from "./types.mjs";

const LEFT_OPEN = new Set(["if", "not", "eventHandlers"]); // conditions; and clicks, whose schemas name not all options
const BRANCHES = new Set(["if", "anyOf", "oneOf"]); // "none of these fits", after saying of each why

const validator = new validation.DashboardValidator();
const refused = validator.setSchema(
  closed(definitions.createSchemaBasedOnDicts({ visualizationDict, dataSourceDict, inputDict, layoutDict })),
);
if (refused) throw refused;

export function schemaFaults(definition) {
  const found = validator.validate(withTabs(definition)) ?? [];
  const reasons = found.filter((error) => !BRANCHES.has(error.keyword));
  const first = new Map(reasons.map((error) => [where(error), error]).reverse());
  return [...first].reverse().map(([path, error]) => ({ where: path, message: messageOf(error, definition) }));
}

function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== "object") return schema;
  const inner = Object.entries(schema).map(([key, value]) => [key, LEFT_OPEN.has(key) ? value : closed(value)]);
  const isOpen = schema.type === "object" && [undefined, true].includes(schema.additionalProperties);
  const isTable = isOpen && named(schema.properties) && !schema.patternProperties;
  return { ...Object.fromEntries(inner), ...(isTable && { additionalProperties: false }) };
}

function named(properties) {
  return properties && Object.values(properties).every((value) => typeof value === "object");
}

// The validator knows the newest form only; Splunk itself moves the older one, without tabs, into it on reading.
function withTabs(definition) {
  const { type, options, structure, ...rest } = definition.layout ?? {};
  if (!type) return definition;
  const layoutDefinitions = { layout: { type, ...(options && { options }), structure } };
  return { ...definition, layout: { ...rest, tabs: { items: [{ layoutId: "layout" }] }, layoutDefinitions } };
}

function where({ instancePath, params }) {
  const isPath = instancePath?.startsWith("/"); // some checks put a sentence in its place
  const path = isPath ? instancePath.replace(/^\/layout\/layoutDefinitions\/layout/, "/layout") : "";
  return params?.additionalProperty ? `${path}/${params.additionalProperty}` : path || "/";
}

function messageOf({ message, params }) {
  if (params?.additionalProperty) return "Splunk's schema has no such key";
  return params?.pattern ? `is none of what Splunk's schema takes: ${params.pattern}` : message;
}
