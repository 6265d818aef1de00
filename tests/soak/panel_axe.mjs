// Every page of the panel in a real browser, on a desk and on a phone, light and dark: axe finds nothing, nothing is
// wider than the screen, nothing is in the console. The pages are those that the walk finds (panel_pages.mjs), one of
// each group: of a list one for each filter, sort and pair of them, of a record those with all its acts.
//	LOOKS	how many of them at most (all)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { signIn, walk } from "./panel_pages.mjs";

const require = createRequire(new URL("../../build/npm/", import.meta.url));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { BASE_URL, LOOKS } = process.env;
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 375, height: 812 } };

const cookie = await signIn(), { pages, problems } = await walk();
// Of a record the act that is left out of one is in another: one for each way to it, and of lists one a group.
const chosen = [...new Map(pages.filter(({ address }) => !/\.csv(\?|$)/.test(address))
	.map((page) => [page.route.includes("{id}") ? `${page.group} ${page.from.kind}` : page.group, page])).values()]
	.slice(0, Number(LOOKS || Infinity));
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
	args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ baseURL: BASE_URL, reducedMotion: "reduce" });
await context.addCookies(cookie.split("; ").map((pair) => pair.split(/=(.*)/s))
	.filter(([, value]) => value).map(([name, value]) => ({ name, value, url: BASE_URL })));
const page = await context.newPage();
page.setDefaultTimeout(60000);
let where = "";
page.on("console", (message) => {
	if (["error", "warning"].includes(message.type()))
		problems.push(`${where}: ${message.text()}`);
});
page.on("pageerror", (error) => problems.push(`${where}: ${error.message}`));

async function judge(name) {
	const { wide, screen, violations } = await page.evaluate(async () => ({
		wide: document.documentElement.scrollWidth, screen: window.innerWidth,
		violations: (await window.axe.run(document, { resultTypes: ["violations"] })).violations
			.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)} (${nodes.length})`) }));
	if (wide > screen)
		problems.push(`${name}: ${wide} px wide on a screen of ${screen}`);
	problems.push(...violations.map((text) => `${name}: ${text}`));
}

let looks = 0;
for (const { address } of chosen) {
	where = address;
	await page.setViewportSize(SIZES.desktop);
	await page.goto(address);
	await page.evaluate(axe);
	// What is folded is looked at too.
	await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
	for (const [kind, size] of Object.entries(SIZES))
		for (const colorScheme of ["light", "dark"]) {
			await page.setViewportSize(size);
			await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
			await judge(`${address} ${kind} ${colorScheme}`);
			looks++;
		}
}
await browser.close();
for (const problem of [...new Set(problems)])
	console.log(`problem: ${problem}`);
console.log(`axe: ${chosen.length} pages of ${pages.length} addresses, ${looks} looks, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
