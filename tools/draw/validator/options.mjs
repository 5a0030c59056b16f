// Writes {kind: {type: [option]}}: every option that the validator lets pass.
import { dataSourceDict, inputDict, layoutDict, visualizationDict } from "./types.mjs";

const named = (dict) => Object.fromEntries(Object.entries(dict).map(([type, schema]) => [type, Object.keys(schema)]));
const table = {
  dataSources: dataSourceDict,
  inputs: inputDict,
  layouts: layoutDict,
  visualizations: visualizationDict,
};
process.stdout.write(
  JSON.stringify(Object.fromEntries(Object.entries(table).map(([kind, dict]) => [kind, named(dict)]))),
);
