// The panel in a real browser, for the tests of tests/panel: what all of them share. Nothing may show in the console,
// and no page may be wider than the screen, without a name for a control, or refused by axe. Pictures are kept in
// $SCREENSHOTS (build/panel).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const root = new URL("../../", import.meta.url);
const require = createRequire(new URL("build/npm/", root));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const { BASE_URL, ADMIN_EMAIL, ADMIN_PASSWORD, DATABASE_URL } = process.env;
const pictures = process.env.SCREENSHOTS || new URL("build/panel", root).pathname;
export const phone = { width: 375, height: 812 };
export const desktop = { width: 1280, height: 860 };
export const run = randomBytes(4).toString("hex");
export const payload = '"><script>document.title="broken"</script><img src=x onerror=alert(1)>';
export const problems = [], barriers = []; // what the console said, and axe

export function sql(text) {
	return execFileSync("psql", ["-qAtX", "-v", "ON_ERROR_STOP=1", "-d", DATABASE_URL, "-c", text],
		{ encoding: "utf8" }).trim();
}

export function person(name, role) {
	return sql(`INSERT INTO user_account (id, email, display_name, role) VALUES (gen_random_uuid(),
		'${name.toLowerCase().replaceAll(" ", ".")}@example.test', '${name}', '${role}') RETURNING id`);
}

const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
	args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

export async function open(options) {
	const context = await browser.newContext({ baseURL: BASE_URL, viewport: desktop, ...options });
	const page = await context.newPage();
	page.setDefaultTimeout(60000);
	page.on("console", (message) => {
		if (message.type() === "error" || message.type() === "warning")
			problems.push(`${page.url()}: console: ${message.text()}`);
	});
	page.on("pageerror", (error) => problems.push(`${page.url()}: ${error}`));
	/* Aborted: the test went on to the next page before the browser had the icon. */
	page.on("requestfailed", (request) => {
		if (request.failure().errorText !== "net::ERR_ABORTED") problems.push(`failed: ${request.url()}`);
	});
	return page;
}

export async function signIn(page, password = ADMIN_PASSWORD) {
	await page.goto("/admin/login");
	await page.getByLabel("E-mail address").fill(ADMIN_EMAIL);
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
}

export async function fits(page) {
	const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
	assert.ok(wide <= screen, `${page.url()} is ${wide} px wide on a screen of ${screen} px`);
}

// The name of every control, as a screen reader would say it, must not be empty.
export async function named(page) {
	const nameless = await page.evaluate(() => {
		const controls = document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a");
		return [...controls].filter((c) => !(c.labels && c.labels.length) && !c.textContent.trim() &&
			!c.ariaLabel)
			.map((c) => c.outerHTML);
	});
	assert.deepEqual(nameless, [], page.url());
	assert.equal(await page.locator("main").count(), 1);
	assert.equal(await page.locator("h1").count(), 1);
}

// What axe says of the page in this look.
export async function accessible(page, name) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	for (const { id, nodes } of violations)
		barriers.push(`${name}: ${id}: ${nodes.slice(0, 2).map((n) => n.html.slice(0, 160)).join(" ")} (${nodes.length})`);
}

export async function picture(page, name) {
	assert.notEqual(await page.title(), "broken");
	assert.equal(await page.locator("main script, main img").count(), 0);
	await named(page);
	for (const [kind, size, scheme] of [["desktop", desktop, "light"], ["phone", phone, "light"],
		["dark", desktop, "dark"], ["phone-dark", phone, "dark"]]) {
		await page.setViewportSize(size);
		await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
		await fits(page);
		await accessible(page, `${name}-${kind}`);
		await page.screenshot({ path: `${pictures}/${name}-${kind}.png`, fullPage: true });
	}
	await page.setViewportSize(desktop);
	await page.emulateMedia({ colorScheme: "light" });
}

export async function said(page, text) {
	await page.getByRole("status").filter({ hasText: text }).waitFor();
}

// Run what is to be done in turn; end the browser, and tell what was seen.
export async function runWork(name, ...works) {
	mkdirSync(pictures, { recursive: true });
	try {
		for (const work of works)
			await work();
		assert.deepEqual(problems, []);
		assert.deepEqual(barriers, []);
		console.log(`${name}: ok`);
	} finally {
		await browser.close();
	}
}
