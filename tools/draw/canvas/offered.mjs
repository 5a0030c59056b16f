// The names of all options that a preset has, by kind and type of component.
const KINDS = ["dataSources", "inputs", "layouts", "visualizations"];

export const offered = (preset) => Object.fromEntries(KINDS.map((kind) => [kind, byType(preset[kind])]));

const byType = (components) =>
  Object.fromEntries(Object.entries(components).map(([type, component]) => [type, names(schema(component))]));

const schema = (component) => component.config?.optionsSchema ?? component.schema ?? {};

// A schema of alternatives, as that of a dropdown, has the options of all of them.
const names = (options) =>
  Object.keys(Object.assign({}, ...(options.extend?.anyOf?.map(({ properties }) => properties) ?? [options])));
