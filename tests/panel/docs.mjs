// /docs in a real browser, light and dark: nothing in the console, nothing from elsewhere on
// the network, nothing wider than the screen. Pictures are kept in $SCREENSHOTS (build/panel).
//	node tests/panel/docs.mjs	with BASE_URL set
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";

const root = new URL("../../", import.meta.url);
const { chromium } = createRequire(new URL("build/npm/", root))("playwright-core");
const { BASE_URL } = process.env;
const pictures = process.env.SCREENSHOTS || new URL("build/panel", root).pathname;
const problems = [];

const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
	args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function look(name, options) {
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
	const reply = await page.goto("/docs");
	assert.equal(reply.status(), 200);
	await page.waitForLoadState("networkidle");
	const { width, screen } = await page.evaluate(() => ({
		width: document.documentElement.scrollWidth, screen: window.innerWidth }));
	if (width > screen)
		problems.push(`${name}: ${width} wide on a screen of ${screen}`);
	const text = await page.textContent("body");
	for (const wanted of ["/api/v1/auth/login", "/api/v1/advisors/{id}", "rate_limited",
		"8 to 128 characters; common passwords are refused", "next_cursor of the page before", "price_max_minor",
		"25.00 INR"])
		if (!text.includes(wanted))
			problems.push(`${name}: does not mention ${wanted}`);
	mkdirSync(pictures, { recursive: true });
	await page.screenshot({ path: `${pictures}/docs-${name}.png` });
	await context.close();
}

await look("desktop", { viewport: { width: 1280, height: 860 } });
await look("phone", { viewport: { width: 375, height: 812 } });
await look("dark", { viewport: { width: 1280, height: 860 },
	colorScheme: "dark" });
await browser.close();

console.log(problems.join("\n"));
console.log(`docs: ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
