// What Splunk Enterprise's preset has, and the options of each: of visualizations the schemas themselves, of the others
// their names, because those schemas come only with the whole user interface. The canvas proves this table against it.
import schemas from "@splunk/visualization-schemas";

const NAMES = {
  "splunk.area": "area",
  "splunk.bar": "bar",
  "splunk.bubble": "bubble",
  "splunk.choropleth.svg": "choroplethSvg",
  "splunk.column": "column",
  "splunk.ellipse": "ellipse",
  "splunk.events": "events",
  "splunk.fillergauge": "fillerGauge",
  "splunk.image": "image",
  "splunk.line": "line",
  "splunk.linkgraph": "linkGraph",
  "splunk.map": "map",
  "splunk.markdown": "markdown",
  "splunk.markergauge": "markerGauge",
  "splunk.networkGraph": "networkGraph",
  "splunk.parallelcoordinates": "parallelCoordinates",
  "splunk.pie": "pie",
  "splunk.punchcard": "punchcard",
  "splunk.rectangle": "rectangle",
  "splunk.sankey": "sankey",
  "splunk.scatter": "scatter",
  "splunk.singlevalue": "singleValue",
  "splunk.singlevalueicon": "singleValueIcon",
  "splunk.singlevalueradial": "singleValueRadial",
  "splunk.table": "table",
  "splunk.timeline": "timeline",
};

const search = ["query", "queryParameters", "refresh", "refreshType"];
const input = ["backgroundColor", "defaultValue", "token", "tokenNamespace"];
const choice = [...input, "isCascadingInput", "items", "selectFirstSearchResult"];

const any = (names) => Object.fromEntries(names.map((name) => [name, {}]));
const all = (table) => Object.fromEntries(Object.entries(table).map(([type, names]) => [type, any(names)]));

export const visualizationDict = Object.fromEntries(
  Object.entries(NAMES).map(([type, name]) => [type, schemas[`${name}OptionsSchema`]]),
);
export const dataSourceDict = all({
  "ds.chain": [...search, "extend"],
  "ds.savedSearch": ["app", "queryParameters", "ref", "refresh", "refreshType", "useSavedTimeRange"],
  "ds.search": search,
});
export const inputDict = all({
  "input.dropdown": [...choice, "prefix", "suffix"],
  "input.multiselect": [...choice, "clearDefaultOnSelection"],
  "input.number": [...input, "max", "min", "step"],
  "input.text": [...input, "placeholder", "prefix", "suffix"],
  "input.timerange": input,
});
export const layoutDict = all({
  absolute: ["backgroundColor", "backgroundImage", "display", "height", "width"],
  grid: ["backgroundColor", "gutterSize", "height", "width"], // the editor writes width and height too
});
