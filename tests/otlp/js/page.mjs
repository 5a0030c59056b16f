// A page of an origin sends the bytes of standard input to a receiver, in a headless browser.
// node page.mjs ORIGIN URL TOKEN; prints {status} or {error}
import { readFileSync } from "node:fs";
import { launch } from "../../../tools/browser/launch.mjs";

const [origin, url, token] = process.argv.slice(2);
const body = readFileSync(0, "utf8");
const browser = await launch();
try {
  const context = await browser.newContext();
  await context.grantPermissions(["local-network-access"]).catch(() => {}); // newer browsers ask the person
  const page = await context.newPage();
  await page.route(`${origin}/**`, (route) => route.fulfill({ contentType: "text/html", body: "<title>add-in</title>" }));
  await page.goto(`${origin}/`);
  const answer = await page.evaluate(
    async ([url, token, body]) => {
      const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
      try {
        return { status: (await fetch(url, { method: "POST", headers, body })).status };
      } catch (error) {
        return { error: String(error) };
      }
    },
    [url, token, body],
  );
  console.log(JSON.stringify(answer));
} finally {
  await browser.close();
}
