// Writes {kind: {type: [option]}}: every option that Splunk Enterprise's preset has, to prove the validator's table by.
import { launch } from "../../browser/launch.mjs";
import { open } from "./page.mjs";

const browser = await launch();
const { page } = await open(browser);
process.stdout.write(JSON.stringify(await page.evaluate(() => window.options())));
await browser.close();
