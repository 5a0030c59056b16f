// What names another part and is wrong: Splunk's validator does not follow these names, the panel stays empty.
const UNBOUND = /^\s*(\|\s*(inputlookup|makeresults|rest|metadata)\b)/;

export function referenceFaults(definition, dashboards) {
  return [
    ...undefinedSources(definition),
    ...unusedSources(definition),
    ...searchesOverAllTime(definition),
    ...brokenLinks(definition, dashboards),
  ];
}

function* undefinedSources(definition) {
  const known = definition.dataSources ?? {};
  for (const { path, name } of references(definition)) {
    if (!(name in known)) yield { where: path, message: `refers to the undefined data source ${name}` };
  }
}

function* unusedSources(definition) {
  const used = new Set(references(definition).map(({ name }) => name));
  for (const name of Object.keys(definition.dataSources ?? {})) {
    if (!used.has(name)) yield { where: `/dataSources/${name}`, message: "is searched for nothing: no part uses it" };
  }
}

function references(definition) {
  const shown = ["visualizations", "inputs"].flatMap((kind) =>
    Object.entries(definition[kind] ?? {}).flatMap(([id, part]) =>
      Object.entries(part.dataSources ?? {}).map(([slot, name]) => ({
        path: `/${kind}/${id}/dataSources/${slot}`,
        name,
      })),
    ),
  );
  const chained = Object.entries(definition.dataSources ?? {})
    .filter(([, source]) => source.type === "ds.chain")
    .map(([id, source]) => ({ path: `/dataSources/${id}/options/extend`, name: source.options?.extend }));
  return [...shown, ...chained];
}

function* searchesOverAllTime(definition) {
  const byDefault = definition.defaults?.dataSources?.["ds.search"]?.options?.queryParameters;
  for (const [id, { type, options }] of Object.entries(definition.dataSources ?? {})) {
    const times = { ...byDefault, ...options?.queryParameters };
    if (type !== "ds.search" || (times.earliest && times.latest) || UNBOUND.test(options.query)) continue;
    if (!/\bearliest\s*=/.test(options.query)) {
      yield { where: `/dataSources/${id}`, message: "reads all time: it has neither queryParameters nor earliest=" };
    }
  }
}

function* brokenLinks(definition, dashboards) {
  for (const [id, { eventHandlers }] of Object.entries(definition.visualizations ?? {})) {
    const links = (eventHandlers ?? []).filter(({ type }) => type === "drilldown.linkToDashboard");
    for (const { dashboard } of links.map(({ options }) => options)) {
      if (!dashboards.has(dashboard))
        yield { where: `/visualizations/${id}`, message: `leads to ${dashboard}, which is not there` };
    }
  }
}
