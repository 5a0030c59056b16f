// Tokens that nothing sets: Splunk waits for them for ever, and the panel stays empty. Inputs that nothing reads.
const TOKEN = /\$(?:([\w .-]+):)?([\w .-]*[\w.-])(?:\|[|\w]+)?\$/g; // dashboard-definition: TOKEN_PATTERN, and filters
const OF_THE_CLICK = /^(row\.|name$|value$|click\.|trellis\.|start$|end$|result\.)/;
const NAMESPACES = new Set(["env", "default", "submitted"]);

export function tokenFaults(definition) {
  return [...unknown(definition), ...unread(definition)];
}

function* unknown(definition) {
  const known = new Set([...ofInputs(definition), ...ofDefaults(definition), ...ofClicks(definition)]);
  const sources = new Set(Object.values(definition.dataSources ?? {}).map((source) => source.name));
  for (const { path, namespace, token } of usedTokens(definition)) {
    const ofTheClick = path.includes("/eventHandlers/") && OF_THE_CLICK.test(token);
    const named =
      namespace && namespace !== "default" ? NAMESPACES.has(namespace) || sources.has(namespace) : known.has(token);
    if (!named && !ofTheClick) yield { where: path, message: `uses the token $${token}$, which nothing sets` };
  }
}

function* unread(definition) {
  const used = new Set([...usedTokens(definition)].map(({ token }) => token.replace(/\.(earliest|latest)$/, "")));
  for (const [id, input] of Object.entries(definition.inputs ?? {})) {
    const { token } = input.options ?? {};
    if (token && !used.has(token))
      yield { where: `/inputs/${id}`, message: `sets the token $${token}$, which nothing reads` };
  }
}

const ofInputs = (definition) =>
  Object.values(definition.inputs ?? {}).flatMap(({ type, options }) =>
    type === "input.timerange" ? [`${options.token}.earliest`, `${options.token}.latest`] : [options?.token],
  );

const ofDefaults = (definition) => Object.keys(definition.defaults?.tokens?.default ?? {});

const ofClicks = (definition) =>
  Object.values(definition.visualizations ?? {})
    .flatMap(({ eventHandlers }) => eventHandlers ?? [])
    .filter(({ type }) => type === "drilldown.setToken")
    .flatMap(({ options }) => options.tokens.map(({ token }) => token));

function* usedTokens(definition) {
  for (const { path, text } of strings(definition)) {
    for (const [, namespace, token] of text.replaceAll("$$", "").matchAll(TOKEN)) yield { path, namespace, token };
  }
}

function* strings(value, path = "") {
  if (typeof value === "string") yield { path, text: value };
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) yield* strings(inner, `${path}/${key}`);
}
