// Reads {tables: {name: {column: type}}, functions: [{name, parameters, body}], queries: {name: text}} from stdin
// and writes {name: {problems: [{severity, code, message, text}], columns: {name: type}}}.
const fs = require("fs");
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

const { KustoCode, GlobalState, Symbols } = Kusto.Language;
const array = (list) => Bridge.toArray(list);

function database({ tables, functions }) {
  const columns = (table) => Object.entries(table).map(([name, type]) => `['${name}']:${type}`).join(",");
  const members = [
    ...Object.entries(tables).map(([name, table]) => new Symbols.TableSymbol.$ctor7(name, `(${columns(table)})`, null)),
    ...functions.map((f) => new Symbols.FunctionSymbol.$ctor16(f.name, `(${f.parameters})`, `{ ${f.body}\n}`, null)),
  ];
  const list = new (System.Collections.Generic.List$1(Symbols.Symbol).$ctor1)(members);
  const closed = false; // an open database would take unknown tables for good ones
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1("workspace", list, closed));
}

function bind(query, globals) {
  const code = KustoCode.ParseAndAnalyze(query, globals);
  const problems = array(code.GetDiagnostics()).map((d) => ({
    severity: d.Severity,
    code: d.Code,
    message: d.Message,
    text: query.slice(d.Start, d.Start + d.Length),
  }));
  const columns = code.ResultType && code.ResultType.Columns ? array(code.ResultType.Columns) : [];
  return { problems, columns: Object.fromEntries(columns.map((c) => [c.Name, c.Type.Name])) };
}

const request = JSON.parse(fs.readFileSync(0, "utf8"));
const globals = database(request);
const answers = Object.entries(request.queries).map(([name, query]) => [name, bind(query, globals)]);
process.stdout.write(JSON.stringify(Object.fromEntries(answers)));
