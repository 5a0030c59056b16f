// Reads {queries: {name: text}, then: text} from stdin and writes {name: {classes, moved}}: for each letter whether it is
// part of a string (s), of what says nothing (space and comments: -) or of anything else (x), and the query in which each
// call of now() and ago() in Microsoft's syntax tree is replaced by `then`, and of ingestion_time() by CollectedTime.
const fs = require("fs");
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

const { KustoCode, Syntax } = Kusto.Language;
const array = (list) => Bridge.toArray(list);
const STRING = Syntax.SyntaxKind.StringLiteralToken;

function classes(code) {
  const letters = (t) => (t.Kind === STRING ? t.Text.replace(/[^]/g, "s") : t.Text.replace(/\S/g, "x").replace(/\s/g, "-"));
  return array(code.GetLexicalTokens())
    .map((t) => "-".repeat(t.Trivia.length) + letters(t))
    .join("");
}

function calls(code) {
  const found = [];
  Syntax.SyntaxElement.WalkNodes(code.Syntax, (node) => {
    if (Bridge.is(node, Syntax.FunctionCallExpression) && ["now", "ago", "ingestion_time"].includes(node.Name.SimpleName)) found.push(node);
  });
  return found;
}

function moved(code, text, now) {
  const edits = [];
  for (const call of calls(code)) {
    const name = call.Name;
    const open = call.ArgumentList.OpenParen;
    const close = call.ArgumentList.CloseParen;
    const bare = call.ArgumentList.Expressions.Count === 0;
    const then = name.SimpleName === "ingestion_time" ? "CollectedTime" : now;
    const sign = name.SimpleName === "now" ? "+" : "-";
    edits.push([name.TextStart, name.End, bare ? then : `(${then}`]);
    edits.push([open.TextStart, open.End, bare ? "" : ` ${sign} (`]);
    edits.push([close.TextStart, close.End, bare ? "" : "))"]);
  }
  edits.sort((a, b) => b[0] - a[0]);
  return edits.reduce((left, [from, to, put]) => left.slice(0, from) + put + left.slice(to), text);
}

const request = JSON.parse(fs.readFileSync(0, "utf8"));
const answers = Object.entries(request.queries).map(([name, text]) => {
  const code = KustoCode.Parse(text);
  return [name, { classes: classes(code), moved: moved(code, text, request.then) }];
});
process.stdout.write(JSON.stringify(Object.fromEntries(answers)));
