// The guide and the reference in a real browser, on a desk and on a phone, light and dark: axe finds nothing, nothing is
// in the console, nothing comes from elsewhere, nothing is wider than the screen; the search and the copy buttons
// work, and without scripts all of it can be read. Pictures are kept in $SCREENSHOTS (build/panel).
//	node tests/panel/docs.mjs	with BASE_URL set
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const root = new URL("../../", import.meta.url);
const require = createRequire(new URL("build/npm/", root));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { BASE_URL } = process.env;
const pictures = process.env.SCREENSHOTS || new URL("build/panel", root).pathname;
mkdirSync(pictures, { recursive: true });
const problems = [];
const DESK = { width: 1280, height: 860 }, PHONE = { width: 375, height: 812 };
// One of each kind, by axe in every look; with ALL set, as in make soak, all pages.
const KINDS = ["/docs", "/docs/quickstart", "/docs/errors", "/docs/api-auth"];

const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
	args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(name, options) {
	// axe is put into the page by the test; what the page itself may run is its own policy, which test_guide reads.
	const context = await browser.newContext({ baseURL: BASE_URL, ...options });
	const page = await context.newPage();
	page.on("console", (message) => {
		if (message.type() === "error" || message.type() === "warning")
			problems.push(`${name}: ${message.text()}`);
	});
	page.on("pageerror", (error) => problems.push(`${name}: ${error.message}`));
	page.on("request", (request) => {
		if (!request.url().startsWith(BASE_URL) && !request.url().startsWith("data:"))
			problems.push(`${name}: asks ${request.url()}`);
	});
	page.on("response", (response) => {
		if (response.status() >= 400)
			problems.push(`${name}: ${response.status()} ${response.url()}`);
	});
	return page;
}

// What axe says of the page.
async function judge(where, page) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	for (const { id, help, nodes } of violations)
		problems.push(`${where}: ${id}: ${help}: ${nodes[0].target} (${nodes.length})`);
}

async function widths(where, page) {
	const { width, screen } = await page.evaluate(() => ({
		width: document.documentElement.scrollWidth, screen: window.innerWidth }));
	if (width > screen)
		problems.push(`${where}: ${width} wide on a screen of ${screen}`);
}

async function look(name, viewport, colorScheme, paths) {
	const judged = process.env.ALL ? paths : KINDS;
	const page = await open(name, { viewport, colorScheme });
	for (const path of paths) {
		const reply = await page.goto(path);
		assert.equal(reply.status(), 200);
		await widths(`${name} ${path}`, page);
		if (!judged.includes(path))
			continue;
		await judge(`${name} ${path}`, page);
		await page.screenshot({ path: `${pictures}/${path.slice(1).replace("/", "-")}-${name}.png` });
	}
	await page.context().close();
}

const every = await (async () => {
	const page = await open("contents", {});
	await page.goto("/docs");
	const paths = await page.$$eval("main a", (all) => [...new Set(all.map((a) => a.pathname))]);
	await page.context().close();
	return paths.filter((path) => path.startsWith("/docs"));
})();
assert.ok(every.length >= 20);
const all = ["/docs", ...every];
await look("desktop", DESK, "light", all);
await look("phone", PHONE, "light", all);
await look("dark", DESK, "dark", process.env.ALL ? all : KINDS);
await look("phone-dark", PHONE, "dark", process.env.ALL ? all : KINDS);

// --- on a phone the text comes first, and the contents are one step away ---
{
	const page = await open("phone", { viewport: PHONE });
	await page.goto("/docs/quickstart");
	const top = await page.locator("h1").boundingBox();
	assert.ok(top.y < PHONE.height / 3, `the text begins at ${top.y}`);
	await page.getByRole("link", { name: "Contents", exact: true }).click();
	await page.getByRole("navigation", { name: "Contents" }).getByRole("link", { name: "Limits" }).click();
	await page.waitForURL("**/docs/limits");
	await page.context().close();
}

// --- search by keyboard, and the copy button ---
{
	const page = await open("search", { viewport: DESK, permissions: ["clipboard-read", "clipboard-write"] });
	await page.goto("/docs");
	await page.keyboard.press("/");
	await page.keyboard.type("exchange refresh");
	const first = page.locator("#found a").first();
	await first.waitFor();
	assert.match(await first.getAttribute("href"), /^\/docs\/api-auth#auth_refresh$/);
	await judge("search", page);
	await page.screenshot({ path: `${pictures}/docs-search.png` });
	await page.keyboard.press("Enter");
	await page.waitForURL("**/docs/api-auth#auth_refresh");
	await page.keyboard.press("/");
	await page.keyboard.type("zxqv");
	await page.getByText("Nothing has all of these words.").waitFor();
	await page.keyboard.press("Escape");
	await page.locator("#found").waitFor({ state: "hidden" });

	const block = page.locator(".copies").first();
	await block.getByRole("button", { name: "Copy" }).click();
	await block.getByRole("button", { name: "Copied" }).waitFor();
	assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await block.locator("pre").textContent());
	await page.context().close();
}

// --- the script of the guide, run by a page of this site ---
{
	const page = await open("events", { viewport: DESK });
	await page.goto("/docs/events");
	const said = await page.evaluate(async (source) => {
		const connect = new Function(`${source}; return connect;`)();
		const reply = await fetch("/api/v1/auth/register", { method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ email: `docs-${Date.now()}@example.test`, password: "correct horse battery 9", display_name: "D" }) });
		const { access_token } = await reply.json();
		return new Promise((done) => {
			connect(access_token, null, (text, socket) => {
				socket.close();
				done(text);
			});
		});
	}, await page.locator("pre[data-script]").textContent());
	assert.deepEqual([said.type, said.events], ["events", []]);
	await page.context().close();
}

// --- without scripts ---
{
	const page = await open("plain", { viewport: DESK, javaScriptEnabled: false });
	await page.goto("/docs");
	assert.equal(await page.locator("#search").isVisible(), false);
	await page.getByRole("row", { name: "Sign in with a password" }).getByRole("link").click();
	await page.waitForURL("**/docs/api-auth#auth_login");
	assert.ok((await page.textContent("main")).includes('curl -X POST "$BASE/api/v1/auth/login"'));
	await page.context().close();
}
await browser.close();

console.log(problems.join("\n"));
console.log(`docs: ${every.length + 1} pages, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
