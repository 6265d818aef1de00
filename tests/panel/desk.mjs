// An administrator's day in a real browser: work through the queues, undo within ten seconds, re-open, block several at
// once, take a file, search; once with the keyboard alone, once without scripts. Pictures of the queues are kept.
//	node tests/panel/desk.mjs	with BASE_URL, ADMIN_EMAIL, ADMIN_PASSWORD, DATABASE_URL, STACK_DIR and BIN set
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { ADMIN_EMAIL, ADMIN_PASSWORD, BASE_URL, open, payload, person, phone, picture, run, runWork, said, signIn, sql }
	from "../harness/panel.mjs";

// --- what waits: three applications, two reports about one person, two people to block ---

function prepare(way) {
	const name = (who) => `${who} ${way} ${run}`;
	const applicants = ["First", "Second", "Third"].map((who, i) => {
		const id = person(name(who), "USER");
		sql(`INSERT INTO advisor (id, state, headline, bio, experience_years, languages, specializations,
			rate_minor, applied_at) VALUES ('${id}', 'PENDING', 'Listens first', 'Twelve years of listening. ${payload}',
			12, '{en,hi}', '{dating,family}', 2500, app_now() - interval '${900 - i} hours')`);
		return id;
	});
	const [rude, asha, ben] = ["Rude", "Asha", "Ben"].map((who) => person(name(who), "USER"));
	const place = sql("INSERT INTO conversation (id, kind) VALUES (gen_random_uuid(), 'DIRECT') RETURNING id");
	sql(`INSERT INTO member (conversation_id, user_id, role) VALUES ('${place}', '${rude}', 'USER'),
		('${place}', '${asha}', 'USER')`);
	sql(`SELECT message_send('${place}', CASE WHEN n % 3 = 0 THEN '${asha}'::uuid ELSE '${rude}' END,
		gen_random_uuid(), 'c' || n, 'text', CASE WHEN n = 20 THEN 'Send the money to my brother, or else. ${payload}'
		ELSE 'Line ' || n || ' of what the two said to each other.' END, NULL, NULL) FROM generate_series(1, 40) n`);
	const raise = (type, target, by, hours) => sql(`INSERT INTO report (id, reporter_id, target_type, target_id,
		target_user_id, reason, detail, created_at) VALUES (gen_random_uuid(), '${by}', '${type}', '${target}', '${rude}',
		'MINOR', 'Asks for money, and knows that I am fifteen. ${payload}', app_now() - interval '${hours} hours')
		RETURNING id`);
	const message = sql(`SELECT id FROM message WHERE conversation_id = '${place}' AND seq = 20`);
	const reports = [raise("MESSAGE", message, asha, 900), raise("USER", rude, ben, 800)];
	sql(`INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason, state, resolution,
		resolved_at, created_at) VALUES (gen_random_uuid(), '${ben}', 'USER', '${rude}', '${rude}', 'SPAM', 'DISMISSED',
		'It is within the rules.', app_now() - interval '50 days', app_now() - interval '51 days')`);
	const noisy = ["One", "Two"].map((who) => person(name(`Noisy ${who}`), "USER"));
	return { name, applicants, reports, noisy, place };
}

const stateOf = (table, id) => sql(`SELECT state FROM ${table} WHERE id = '${id}'`);

// The clock of the whole stack moves past the ten seconds, and what was decided takes effect.
async function effective(page) {
	execFileSync("bash", [new URL("../harness/order.sh", import.meta.url).pathname, "clock", "11"]);
	for (let i = 0; i < 400 && sql("SELECT count(*) FROM decision WHERE state = 'PENDING'") !== "0"; i++)
		await page.waitForTimeout(50);
	assert.equal(sql("SELECT count(*) FROM decision WHERE state = 'PENDING'"), "0");
}

async function shows(page, heading) {
	await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

// --- with the keyboard alone ---

// Press Tab until what the selector names has the focus.
async function tabTo(page, selector) {
	for (let i = 0; i < 300; i++) {
		if (await page.evaluate((s) => document.activeElement.matches(s), selector))
			return;
		await page.keyboard.press("Tab");
	}
	assert.fail(`${page.url()}: Tab does not come to ${selector}`);
}

async function pressAt(page, selector, key = "Enter") {
	await tabTo(page, selector);
	await page.keyboard.press(key);
}

async function search(page, text) {
	await page.keyboard.press("Control+k");
	await page.keyboard.type(text);
	await page.keyboard.press("Enter");
	await page.waitForURL("**/admin/search**");
}

async function reportsByKeyboard(page, { reports, place, name }) {
	const reads = () => sql(`SELECT count(*) FROM audit WHERE action = 'conversation.read' AND target_id = '${place}'
		AND detail ->> 'reason' LIKE '%${reports[0]}%'`);
	assert.equal(reads(), "0");
	await search(page, "reports");
	await pressAt(page, 'main a[href^="/admin/reports"]');
	await shows(page, /^Reports/);
	await pressAt(page, 'a[href="/admin/queue/reports"]');
	await shows(page, `Minor, ${name("Rude")}`);
	await page.getByText("Line 10 of what").waitFor();
	assert.equal(await page.getByText("Line 9 of what").count(), 0);
	assert.equal(reads(), "1");
	await page.keyboard.press("?");
	await page.getByText("Undo what was decided last").waitFor();
	await picture(page, "queue-report");
	await page.keyboard.press("a");
	await said(page, "Act upon The report about");
	await effective(page);
	assert.deepEqual(reports.map((id) => stateOf("report", id)), ["ACTIONED", "ACTIONED"]);
}

async function applicationsByKeyboard(page, { applicants, name }) {
	const [first, second] = applicants;
	await pressAt(page, '.rail a[href="/admin"]');
	await shows(page, "Home");
	await pressAt(page, 'a[href="/admin/queue/advisors"]');
	await shows(page, name("First"));
	await picture(page, "queue-application");
	await page.keyboard.press("a");
	await shows(page, name("Second"));
	await said(page, `Approve ${name("First")}: takes effect within 10 seconds.`);
	await picture(page, "queue-undo");
	await page.keyboard.press("u");
	await shows(page, name("First"));
	await said(page, "was undone: nothing has happened.");
	assert.equal(stateOf("advisor", first), "PENDING");
	await page.keyboard.press("s");
	await shows(page, name("Second"));
	await page.keyboard.press("d");
	await page.waitForFunction(() => document.activeElement.matches(".preset"));
	await picture(page, "queue-reject");
	await page.keyboard.press("Enter");
	await shows(page, name("Third"));
	await effective(page);
	assert.equal(stateOf("advisor", first), "PENDING");
	assert.match(sql(`SELECT state || state_reason FROM advisor WHERE id = '${second}'`), /^REJECTEDPlease tell more/);
}

async function restByKeyboard(page, { applicants, noisy, name }) {
	await search(page, name("Second"));
	for (const kind of ["users", "advisors"]) {
		await pressAt(page, `main a[href="/admin/${kind}/${applicants[1]}"]`);
		await page.waitForURL(`**/admin/${kind}/${applicants[1]}`);
	}
	await pressAt(page, 'form[action$="/reopen"] button', "Space");
	await said(page, "is open again");
	assert.equal(stateOf("advisor", applicants[1]), "PENDING");

	await pressAt(page, '.rail a[href="/admin/users"]');
	await shows(page, /^Users/);
	await page.keyboard.press("/");
	await page.keyboard.type(name("Noisy"));
	await page.keyboard.press("Enter");
	await page.getByText("2 accounts").waitFor();
	for (const key of ["j", "x", "j", "x"])
		await page.keyboard.press(key);
	await pressAt(page, 'button[formaction$="/users/block"]');
	await shows(page, /^Block/);
	await tabTo(page, "main textarea");
	await page.keyboard.type("Both are noisy.");
	await pressAt(page, "main form button");
	await page.getByText("2 blocked").waitFor();
	assert.deepEqual(noisy.map((id) => stateOf("user_account", id)), ["BLOCKED", "BLOCKED"]);

	await pressAt(page, '.rail a[href="/admin/users"]');
	await shows(page, /^Users/);
	await pressAt(page, ".drop + .drop > summary");
	const download = page.waitForEvent("download");
	await pressAt(page, 'form[action="/admin/users.csv"] button');
	assert.match(readFileSync(await (await download).path(), "utf8"), /^display_name,email,role/);
}

async function byKeyboard() {
	const made = prepare("Keys");
	const page = await open({});
	await page.goto("/admin/login");
	await tabTo(page, "[name=email]");
	await page.keyboard.type(ADMIN_EMAIL);
	await tabTo(page, "[name=password]");
	await page.keyboard.type(ADMIN_PASSWORD);
	await page.keyboard.press("Enter");
	await page.waitForURL("**/admin");
	await reportsByKeyboard(page, made);
	await applicationsByKeyboard(page, made);
	await restByKeyboard(page, made);
	await page.context().close();
}

// --- without scripts ---

async function reportsWithoutScripts(page, { reports, name }) {
	await page.goto("/admin/reports");
	await page.getByRole("link", { name: "Work through them" }).click();
	await shows(page, `Minor, ${name("Rude")}`);
	await page.getByText("With a note …").last().click();
	await page.getByRole("button", { name: "It is within the rules." }).click();
	await said(page, "Dismiss The report about");
	await effective(page);
	assert.deepEqual(reports.map((id) => stateOf("report", id)), ["DISMISSED", "DISMISSED"]);
	assert.equal(sql(`SELECT resolution FROM report WHERE id = '${reports[1]}'`), "It is within the rules.");
}

async function withoutScripts() {
	sql("UPDATE advisor SET applied_at = app_now() WHERE state = 'PENDING'");
	const made = prepare("Plain");
	const { name, applicants: [first, second], noisy } = made;
	const page = await open({ javaScriptEnabled: false, viewport: phone });
	await signIn(page);
	await page.waitForURL("**/admin");
	await reportsWithoutScripts(page, made);

	await page.goto("/admin/queue/advisors");
	await shows(page, name("First"));
	await page.getByRole("button", { name: "Approve" }).click();
	await shows(page, name("Second"));
	await page.getByRole("button", { name: "Undo" }).first().click();
	await shows(page, name("First"));
	await page.getByRole("link", { name: "Skip", exact: true }).click();
	await shows(page, name("Second"));
	await page.getByText("Reject …").click();
	await page.getByRole("button", { name: "We could not confirm what the profile says." }).click();
	await shows(page, name("Third"));
	await effective(page);
	assert.equal(stateOf("advisor", first), "PENDING");
	assert.equal(stateOf("advisor", second), "REJECTED");
	await page.goto(`/admin/advisors/${second}`);
	await page.getByRole("button", { name: "Re-open" }).click();
	await said(page, "is open again");

	await page.goto("/admin/users");
	await page.getByLabel("Name, e-mail or id").fill(name("Noisy"));
	await page.getByRole("button", { name: "Search", exact: true }).click();
	for (const box of await page.getByRole("checkbox", { name: /^Pick/ }).all())
		await box.check();
	await page.getByRole("button", { name: "Block …", exact: true }).click();
	await page.getByLabel("Reason").fill("Both are noisy.");
	await page.getByRole("button", { name: /^(Yes, b|B)lock/ }).click();
	await page.getByText("2 blocked").waitFor();
	assert.deepEqual(noisy.map((id) => stateOf("user_account", id)), ["BLOCKED", "BLOCKED"]);
	const cookies = (await page.context().cookies()).map(({ name: key, value }) => `${key}=${value}`).join("; ");
	const file = await fetch(`${BASE_URL}/admin/users.csv?q=${encodeURIComponent(name("Noisy"))}`, { headers: { cookie: cookies } });
	assert.match(await file.text(), /Noisy One Plain.*BLOCKED/);
	await page.getByLabel("Search everything").fill(name("Third"));
	await page.keyboard.press("Enter");
	await page.locator("main").getByRole("link", { name: name("Third") }).first().waitFor();
	await page.context().close();
}

await runWork("desk", byKeyboard, withoutScripts);
