// The panel in a real browser: an administrator's work from signing in to the audit log, with and
// without scripts, on a phone and on a desktop. Nothing may show in the console, and no page may be
// wider than the screen. Pictures are kept in $SCREENSHOTS (build/panel).
//	node tests/panel/panel.mjs	with BASE_URL, ADMIN_EMAIL, ADMIN_PASSWORD and DATABASE_URL set
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ADMIN_EMAIL, ADMIN_PASSWORD, open, payload, person, phone, picture, problems, run, runWork, said, signIn, sql } from
	"../harness/panel.mjs";

// --- what is there before: three people, an application, a report ---

const applicant = person(`Applicant ${run}`, "USER");
const refused = person(`Refused ${run}`, "USER");
const rude = person(`Rude ${run}`, "USER");
const reported = person(`Reported ${run}`, "USER");
for (const id of [applicant, refused])
	sql(`INSERT INTO advisor (id, state, headline, bio, experience_years, languages, specializations,
		rate_minor, applied_at) VALUES ('${id}', 'PENDING', 'Listens first',
		'Many years of listening. ${payload}', 7, '{en,hi}', '{dating,family}', 2500,
		app_now() - interval '26 hours')`);
const report = sql(`INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason,
	detail, snapshot) VALUES (gen_random_uuid(), '${applicant}', 'USER', '${reported}', '${reported}',
	'FRAUD', 'Asks to be paid elsewhere. ${payload}',
	'{"display_name": "Reported ${run}", "bio": "Call me outside"}') RETURNING id`);

// Jobs that were given up: one is tried anew, one discarded, the rest of a kind tried anew together.
// A subject is added, named in another language and merged; its advisors have the other one.
async function subjects(page) {
	sql(`DELETE FROM specialization WHERE slug = 'rune_reading';
		UPDATE advisor SET specializations = '{tarot}' WHERE id = (SELECT min(id::text)::uuid FROM advisor)`);
	await page.goto("/admin/specializations");
	await page.getByText("Add a subject …").click();
	await page.getByRole("textbox", { name: "Name" }).fill("Rune reading");
	await picture(page, "subjects");
	await page.getByRole("button", { name: "Add a subject" }).click();
	await said(page, "The subject was added.");
	await page.goto(`/admin/specializations/${sql("SELECT id FROM specialization WHERE slug = 'rune_reading'")}`);
	await page.getByText("Translate …").click();
	await page.getByRole("textbox", { name: "Language" }).fill("en");
	await page.getByRole("button", { name: "Translate Rune reading" }).click();
	await page.getByText("Language must be a tag such as de or pt-BR, and not English.").waitFor();
	await page.getByRole("textbox", { name: "Language" }).fill("de");
	await page.getByRole("textbox", { name: "Name" }).fill("Runen lesen");
	problems.length = 0; // the 422
	await page.getByRole("button", { name: "Translate" }).click();
	await said(page, "The names of Rune reading were changed.");
	await page.getByText("Runen lesen").waitFor();
	await page.getByText("Merge …").click();
	await page.getByRole("combobox", { name: "Into" }).selectOption("tarot");
	await picture(page, "subject");
	await page.getByRole("button", { name: "Merge Rune reading" }).click();
	await said(page, "Rune reading was merged.");
	await page.getByRole("link", { name: "Tarot" }).first().click();
	await page.getByText("rune_reading").waitFor();
	await picture(page, "subject-merged");
}

async function jobs(page) {
	const dead = (kind, payload, error) => sql(`INSERT INTO job (id, kind, payload, state, attempts, tries_max,
		began_at, last_error, created_at, done_at) VALUES (gen_random_uuid(), '${kind}', '${payload}', 'DEAD', 8, 8,
		app_now() - interval '3 minutes', '${error}', app_now() - interval '2 hours',
		app_now() - interval '3 minutes') RETURNING id`);
	const payloads = `{"check_id": "00000000-0000-7000-8000-00000000000a", "token": "secret-${run}"}`;
	const one = dead("audit.check", payloads, "timeout: ended after its 120 s");
	const two = dead("audit.check", payloads, `killed: its process ended by signal 9 ${payload}`);
	const rest = [dead("audit.check", payloads, "unavailable: A part of the system is not available: try again"),
		dead("audit.check", payloads, "lost: nothing was heard of it")];
	const gone = dead("test.gone", "{}", "busy: The server is busy: try again");
	sql("SELECT job_add('audit.check', '{}', wait => '1 hour')");
	const becomes = async (id, state) => {
		for (let i = 0; i < 200 && sql(`SELECT state FROM job WHERE id = '${id}'`) !== state; i++)
			await page.waitForTimeout(50);
		assert.equal(sql(`SELECT state FROM job WHERE id = '${id}'`), state);
	};

	await page.goto("/admin");
	await page.getByRole("link", { name: /^Jobs/ }).first().click();
	await picture(page, "jobs");
	await page.getByRole("link", { name: "Ready" }).click();
	await page.getByRole("searchbox", { name: "Kind" }).fill("audit.check");
	await page.getByRole("button", { name: "Search" }).click();
	await page.getByLabel("Without Kind").waitFor();
	assert.equal(await page.locator("main > .table-wrap tbody tr a").count(), 1);
	await picture(page, "jobs-ready");

	await page.goto(`/admin/jobs/${one}`);
	assert.ok(!(await page.content()).includes(`secret-${run}`), "what a kind does not show is not shown");
	await page.getByText("not shown").waitFor();
	await picture(page, "job-dead");
	await page.getByRole("button", { name: "Retry audit.check" }).click();
	await said(page, "tried anew");
	await becomes(one, "DONE");
	await page.reload();
	await picture(page, "job-done");

	await page.goto(`/admin/jobs/${two}`);
	await page.getByText("Discard …").click();
	await picture(page, "job-discard");
	await page.getByRole("button", { name: "Discard audit.check" }).click();
	await said(page, "discarded");
	assert.equal(sql(`SELECT count(*) FROM job WHERE id = '${two}'`), "0");

	await page.getByText("Retry all of audit.check").click();
	await picture(page, "jobs-retry-all");
	await page.getByRole("button", { name: "Yes, retry all" }).first().click();
	await said(page, "All of them");
	for (const id of rest)
		await becomes(id, "DONE");
	assert.equal(sql(`SELECT state FROM job WHERE id = '${gone}'`), "DEAD");
}

// Rooms of talk: a session is ended, and a conversation read once it was said why, where a message is removed.
async function talk(page) {
	const advisor = person(`Advisor ${run}`, "ADVISOR"), caller = person(`Caller ${run}`, "USER");
	sql(`INSERT INTO advisor (id, state, online) VALUES ('${advisor}', 'APPROVED', true)`);
	const [conversation, over] = [1, 2].map(() => sql(`INSERT INTO conversation (id, kind) VALUES
		(gen_random_uuid(), 'SESSION') RETURNING id`));
	for (const place of [conversation, over])
		sql(`INSERT INTO member (conversation_id, user_id, role) VALUES ('${place}', '${caller}', 'USER'),
			('${place}', '${advisor}', 'ADVISOR')`);
	sql(`INSERT INTO session (id, type, state, user_id, advisor_id, conversation_id, topic, expires_at,
		requested_at, accepted_at, started_at, ended_at, ended_by, end_reason) VALUES (gen_random_uuid(),
		'CHAT', 'ENDED', '${caller}', '${advisor}', '${over}', 'About work', app_now(),
		app_now() - interval '30 hours', app_now() - interval '30 hours', app_now() - interval '29 hours',
		app_now() - interval '28 hours', '${caller}', 'Thank you, this helped me. ${payload}')`);
	const session = sql(`INSERT INTO session (id, type, state, user_id, advisor_id, conversation_id, topic, rate_minor,
		expires_at, requested_at, accepted_at, started_at) VALUES (gen_random_uuid(), 'CHAT', 'ONGOING', '${caller}',
		'${advisor}', '${conversation}', 'How do I tell them? ${payload}', 2500, app_now(),
		app_now() - interval '20 minutes', app_now() - interval '18 minutes', app_now() - interval '17 minutes')
		RETURNING id`);
	sql(`INSERT INTO session_presence (session_id, user_id, joined_at) VALUES
		('${session}', '${caller}', app_now() - interval '18 minutes'),
		('${session}', '${advisor}', app_now() - interval '17 minutes')`);
	sql(`INSERT INTO report (id, reporter_id, target_type, target_id, target_user_id, reason, detail) VALUES
		(gen_random_uuid(), '${caller}', 'SESSION', '${session}', '${advisor}', 'FRAUD', 'Asks for my address.')`);
	const say = (who, client, text) => sql(`SELECT message->>'id' FROM message_send('${conversation}', '${who}',
		gen_random_uuid(), '${client}', 'text', $t$${text}$t$, NULL, NULL)`);
	for (let i = 1; i <= 30; i++)
		say(i % 2 ? caller : advisor, `m-${i}`, `Message ${i}, of a talk that goes on for a while`);
	const edited = say(caller, "m-31", "We might meet."), gone = say(advisor, "m-32", "I should not have said this.");
	sql(`SELECT message_edit('${edited}', '${caller}', 'We might meet in May. ${payload}', 600)`);
	sql(`SELECT message_delete('${gone}', '${advisor}', 600)`);
	const bad = say(advisor, "m-33", "Send me your address and I will come. ".repeat(8));

	await page.goto(`/admin/sessions?q=${`caller ${run}`}`);
	await picture(page, "sessions");
	await page.goto(`/admin/sessions/${session}`);
	await page.getByText("End …").click();
	await page.locator("#end-reason").fill("We have to end this for your safety.");
	await picture(page, "session");
	await page.getByRole("button", { name: "End The session of" }).click();
	await said(page, "was ended");
	assert.equal(sql(`SELECT state FROM session WHERE id = '${session}'`), "ENDED");
	await picture(page, "session-ended");

	await page.goto(`/admin/conversations?q=${`caller ${run}`}`);
	await picture(page, "conversations");
	await page.goto(`/admin/conversations/${conversation}`);
	assert.ok(!(await page.content()).includes("of a talk that goes on"), "what was said is not shown");
	await picture(page, "conversation");
	await page.goto(`/admin/search?q=${bad}`);
	await page.getByRole("heading", { name: "Read the conversation" }).waitFor();
	await page.getByLabel("Reason").fill("A report says that an address was asked for.");
	await picture(page, "conversation-read");
	await page.getByRole("button", { name: "Read", exact: true }).click();
	await said(page, "is open to you");
	await page.getByText("I should not have said this.").waitFor();
	await picture(page, "messages");
	await page.getByLabel("Pick 33").check();
	await page.getByRole("button", { name: "Remove …" }).click();
	await page.getByLabel("Reason").fill("Asks for an address.");
	await picture(page, "messages-remove");
	await page.getByRole("button", { name: "Remove 1" }).click();
	await said(page, "removed");
}

// A list by keys and by pointer: rows, sorts, filters and their chips, a kept view, the file.
async function lists(page) {
	const focused = () => page.evaluate(() => {
		const rows = [...document.querySelectorAll("main > .table-wrap tbody tr")];
		return rows.findIndex((row) => row.contains(document.activeElement));
	});
	await page.goto("/admin/users?limit=25");
	for (const [key, row] of [["j", 0], ["j", 1], ["j", 2], ["k", 1], ["k", 0], ["k", 0]]) {
		await page.keyboard.press(key);
		assert.equal(await focused(), row);
	}
	await page.keyboard.press("/");
	assert.equal(await page.evaluate(() => document.activeElement.id), "q");
	await page.keyboard.type("jk");
	assert.equal(await page.locator("#q").inputValue(), "jk");

	await page.goto("/admin/users");
	for (const order of ["ascending", "descending"]) {
		await page.locator("thead").getByRole("link", { name: "Name" }).click();
		await page.locator(`th[aria-sort=${order}]`, { hasText: "Name" }).waitFor();
	}
	await page.getByText("Filter and sort").click();
	await page.getByRole("combobox", { name: "Role" }).selectOption("ADMIN");
	await picture(page, "users-filter");
	await page.getByRole("button", { name: "Show" }).click();
	await page.getByLabel("Without Role").waitFor();
	assert.ok(await page.locator("main > .table-wrap tbody tr").count() >= 1);

	await page.getByText("Views", { exact: true }).click();
	await page.getByLabel("Keep this view as").fill(`Admins ${run}`);
	await picture(page, "users-views");
	await page.getByRole("button", { name: "Keep", exact: true }).click();
	await page.getByLabel("Without Role").waitFor();
	await page.goto("/admin/users");
	await page.getByText("Views", { exact: true }).click();
	await page.getByRole("link", { name: `Admins ${run}` }).click();
	await page.getByLabel("Without Role").waitFor();

	await page.getByText("CSV", { exact: true }).click();
	await page.getByRole("checkbox", { name: "E-mail" }).uncheck();
	await page.getByLabel("Zone of its times").fill("Asia/Kolkata");
	await picture(page, "users-file");
	const [download] = await Promise.all([page.waitForEvent("download"),
		page.getByRole("button", { name: "Download" }).click()]);
	const file = readFileSync(await download.path(), "utf8");
	assert.equal(download.suggestedFilename(), "users.csv");
	assert.match(file, /^display_name,role,state,created_at,id,advisor_state\r\n.*,ADMIN,ACTIVE,.*\+05:30,/);
	await page.getByText("Views", { exact: true }).click();
	await page.getByRole("button", { name: `Forget Admins ${run}` }).click();
	await page.waitForURL("**/admin/users");
	assert.equal(await page.getByText(`Admins ${run}`).count(), 0);
	await page.goto("/admin/users?state=DELETED&q=nobody");
	await page.getByText("Nothing fits these filters").waitFor();
	await picture(page, "users-none");
}

// Own settings, programs, settings in force, administrators.
async function rooms(page) {
	await page.getByRole("link", { name: "My settings" }).first().click();
	await page.getByLabel("Time zone").fill("Mars/Base");
	await page.getByRole("button", { name: "Keep" }).click();
	await page.getByText("The zone must be one of the IANA list").waitFor();
	assert.deepEqual(problems.filter((p) => !p.includes("422")), []);
	problems.length = 0; // the browser notes the 422 itself
	await picture(page, "me-refused");
	await page.getByLabel("Time zone").fill("Asia/Kolkata");
	await page.getByRole("button", { name: "Keep" }).click();
	await said(page, "Your settings were kept");
	await picture(page, "me");
	await page.goto(`/admin/users/${rude}`);
	assert.match(await page.locator("dl time").first().innerText(), / IST$/);
	assert.match(await page.locator("dl time").first().getAttribute("title"), / IST, \d{4}-\d\d-\d\dT[\d:]{8}Z$/);

	await page.getByRole("link", { name: "Programs", exact: true }).first().click();
	await page.getByText("connected, ").waitFor();
	await picture(page, "programs");
	await page.getByRole("link", { name: "Settings", exact: true }).first().click();
	await page.getByText("SECRET_KEYS", { exact: true }).waitFor();
	await picture(page, "settings");
	await page.getByRole("link", { name: "Administrators" }).first().click();
	await picture(page, "admins");
	await page.locator("main > .table-wrap tbody tr a").first().click();
	await picture(page, "admin");
	await page.goto("/admin/me");
	await page.getByLabel("Time zone").fill("UTC");
	await page.getByRole("button", { name: "Keep" }).click();
	await said(page, "Your settings were kept");
}

// The warning before a sign-in ends for want of use: by a clock of the browser's own, and by what is stored.
async function staysSignedIn() {
	const page = await open({});
	const idle = (time) => sql(`UPDATE login SET last_used_at = app_now() - interval '${time}' WHERE kind = 'PANEL'
		AND ended_at IS NULL`);
	await page.clock.install();
	await signIn(page);
	await page.waitForURL("**/admin");
	await page.goto("/admin/users?q=rude&state=ACTIVE");
	await page.clock.fastForward("12:30");
	assert.equal(await page.locator("#idle").textContent(), "");
	idle("13 minutes 30 seconds");
	await page.clock.fastForward("01:00");
	await page.getByRole("alert").filter({ hasText: "signed out in two minutes" }).waitFor();
	await picture(page, "idle");
	await page.getByRole("button", { name: "Stay signed in" }).press("Enter");
	await page.locator("#idle:empty").waitFor({ state: "attached" });
	assert.equal(sql(`SELECT count(*) FROM login WHERE kind = 'PANEL' AND ended_at IS NULL
		AND last_used_at > app_now() - interval '1 minute'`), "1");
	await page.clock.fastForward("13:30");
	await page.getByRole("button", { name: "Stay signed in" }).waitFor();
	idle("16 minutes");
	await page.clock.fastForward("02:00");
	await page.getByRole("alert").filter({ hasText: "You have been signed out" }).waitFor();
	const [tab] = await Promise.all([page.waitForEvent("popup"), page.getByRole("link", { name: "Sign in, in another tab" }).click()]);
	await tab.getByLabel("E-mail address").fill(ADMIN_EMAIL);
	await tab.getByLabel("Password").fill(ADMIN_PASSWORD);
	await tab.getByRole("button", { name: "Sign in" }).click();
	await tab.waitForURL("**/admin/users?q=rude&state=ACTIVE");
	await page.context().close();
}

// --- the work ---

async function work() {
	const page = await open({});
	await page.goto("/");
	await page.getByText(ADMIN_EMAIL).waitFor();
	await picture(page, "front");
	await page.getByRole("link", { name: "Admin panel" }).click();
	await page.waitForURL("**/admin/login", { waitUntil: "networkidle" });
	await page.goto("/admin/reports");
	assert.equal(new URL(page.url()).pathname, "/admin/login");
	await picture(page, "login");
	await signIn(page, "not the password");
	await page.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
	assert.equal(problems.filter((p) => p.includes("401")).length, problems.length);
	problems.length = 0; // the browser notes the 401 itself
	await picture(page, "login-wrong");
	await signIn(page);
	await page.waitForURL("**/admin");
	await picture(page, "home");

	await page.getByRole("link", { name: /^Advisors/ }).first().click();
	await picture(page, "advisors");
	await page.goto(`/admin/advisors/${applicant}`);
	await page.getByText("25.00 INR a minute").waitFor();
	await picture(page, "advisor");
	await page.getByRole("button", { name: "Approve" }).click();
	await said(page, "approved");
	await picture(page, "approved");
	assert.equal(sql(`SELECT state FROM advisor WHERE id = '${applicant}'`), "APPROVED");

	await page.goto(`/admin/advisors/${refused}`);
	await page.getByText("Reject …").click();
	await page.getByRole("button", { name: `Reject Refused ${run}` }).click();
	await page.getByText("Reason is missing.").waitFor();
	assert.equal(await page.evaluate(() => document.activeElement.id), "reject-reason");
	assert.deepEqual(problems.filter((p) => !p.includes("422")), []);
	problems.length = 0; // the browser notes the 422 itself
	await page.getByLabel("Reason", { exact: true }).selectOption({ index: 1 });
	await page.getByLabel("Reason, in your own words").fill("Thank you for applying.");
	await picture(page, "advisor-reject");
	await page.getByRole("button", { name: "Reject" }).click();
	await said(page, "rejected");
	assert.match(sql(`SELECT state || state_reason FROM advisor WHERE id = '${refused}'`),
		/^REJECTED.+\. Thank you for applying\.$/);

	await page.getByRole("link", { name: "Users" }).click();
	await page.getByLabel("Name, e-mail or id").fill(`rude ${run}`);
	await page.getByRole("button", { name: "Search" }).click();
	await picture(page, "users-found");
	await page.getByRole("link", { name: `Rude ${run}` }).click();
	await page.getByText("Block …").click();
	await page.getByLabel("Reason").fill(`Insults people. ${payload}`);
	await picture(page, "user-block");
	await page.getByRole("button", { name: `Block Rude ${run}` }).click();
	await said(page, "blocked");
	assert.equal(sql(`SELECT state FROM user_account WHERE id = '${rude}'`), "BLOCKED");
	await picture(page, "user-blocked");
	await page.getByRole("button", { name: `Unblock Rude ${run}` }).click();
	await said(page, "was unblocked");
	await page.goto("/admin/users");
	await picture(page, "users");
	await page.goto(`/admin/users/${applicant}`);
	await picture(page, "user");

	await page.goto("/admin/reports");
	await picture(page, "reports");
	await page.goto(`/admin/reports/${report}`);
	await page.getByText("Call me outside").waitFor();
	await page.getByText("Act upon …").click();
	await page.locator("#decide-note").fill("Proven by the messages.");
	await page.getByLabel("Also block the person").check();
	await picture(page, "report");
	await page.getByRole("button", { name: "Act upon The report" }).click();
	await said(page, "acted upon");
	assert.equal(sql(`SELECT r.state || u.state FROM report r JOIN user_account u ON u.id =
		r.target_user_id WHERE r.id = '${report}'`), "ACTIONEDBLOCKED");
	await page.goto(`/admin/reports/${report}`);
	await picture(page, "report-closed");

	await lists(page);
	await talk(page);
	await jobs(page);
	await page.goto("/admin");
	await rooms(page);

	await subjects(page);

	await page.goto("/admin/audit");
	await page.getByText(/Verified \d+ rows/).waitFor();
	for (const action of ["advisor.approve", "advisor.reject", "user.block", "user.unblock",
		"report.decide", "session.end", "conversation.read", "message.remove", "specialization.merge", "job.retry", "job.retry_all", "job.discard"])
		assert.ok(await page.locator("code", { hasText: action }).count() > 0, action);
	await picture(page, "audit");
	assert.deepEqual(problems, []);

	await page.goto("/admin/users/00000000-0000-7000-8000-000000000000");
	await page.getByText("404").first().waitFor();
	await picture(page, "error");
	problems.length = 0; // and the 404
	await page.goto("/admin");
	const system = await page.locator("section[aria-labelledby=system]").innerText();
	assert.match(system, /Release\s+\d+\.\d+/);
	assert.match(system, /Worker\s+last turn \d+ s ago; lanes and rounds: .*expire \d+ s/);
	await page.keyboard.press("Tab");
	assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.getByRole("status").filter({ hasText: "signed out" }).waitFor();
	await page.goto("/admin");
	assert.equal(new URL(page.url()).pathname, "/admin/login");
	await page.context().close();
}

async function withoutScripts() {
	const page = await open({ javaScriptEnabled: false, viewport: phone });
	await signIn(page);
	await page.waitForURL("**/admin");
	await page.goto(`/admin/users/${rude}`);
	await page.getByText("Block …").click();
	await page.getByLabel("Reason").fill("Again.");
	await page.getByRole("button", { name: `Block Rude ${run}` }).click();
	await said(page, "blocked");
	await page.getByRole("button", { name: `Unblock Rude ${run}` }).click();
	await said(page, "was unblocked");
	await page.goto("/admin/audit?limit=2");
	const first = await page.locator("main > .table-wrap tbody").innerText();
	await page.getByRole("link", { name: "Next" }).click();
	await page.getByRole("link", { name: "Previous" }).click();
	assert.equal(await page.locator("main > .table-wrap tbody").innerText(), first);
	await page.getByText("Filter and sort").click();
	await page.getByLabel("From").fill("2001-01-01");
	await page.getByLabel("Until").fill("2001-01-02");
	await page.getByRole("button", { name: "Show" }).click();
	await page.getByText("Nothing fits these filters").waitFor();
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.waitForURL("**/admin/login**");
	await page.context().close();
}

await runWork("panel", work, withoutScripts, staysSignedIn);
