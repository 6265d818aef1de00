// The outbox in a real browser: what would have left is read there in development, to whom only in part, and a letter
// that failed is sent again. Pictures are kept.
//	node tests/panel/outbox.mjs	with BASE_URL, ADMIN_EMAIL, ADMIN_PASSWORD, DATABASE_URL, STACK_DIR and BIN set
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { open, picture, runWork, said, signIn, sql } from "../harness/panel.mjs";

const notify = (...words) => execFileSync(`${process.env.BIN}/confab`, ["notify", "test", "--to", ...words],
	{ encoding: "utf8", env: { ...process.env, CONFAB_CONF: `${process.env.STACK_DIR}/confab.conf` } });

async function work() {
	const page = await open();
	const mail = notify("asha@example.test").match(/outbox\/([-0-9a-f]+)/)[1];
	const sms = notify("+919876543210", "--locale", "hi").match(/outbox\/([-0-9a-f]+)/)[1];
	// What `make run` shows of them.
	const shown = readFileSync(`${process.env.STACK_DIR}/run/outbox`, "utf8").trim().split("\n").map((line) => JSON.parse(line));
	assert.deepEqual(shown.slice(-2).map(({ channel, to }) => [channel, to]),
		[["EMAIL", "asha@example.test"], ["SMS", "+919876543210"]]);

	await signIn(page);
	await page.goto("/admin/outbox");
	await page.getByText("the built-in provider keeps them here").waitFor();
	await page.getByRole("link", { name: "a***@example.test" }).first().waitFor();
	await picture(page, "outbox");
	await page.goto(`/admin/outbox/${mail}`);
	await page.getByText("If you can read it, e-mail leaves as it should.").waitFor();
	await picture(page, "outbox-mail");
	await page.goto(`/admin/outbox/${sms}`);
	await page.getByText("SMS ठीक से जा रहे हैं").waitFor();
	assert.ok(!(await page.content()).includes("9876543210"));

	// One that failed, while what it says is still there.
	const [id] = sql(`INSERT INTO outbox (id, channel, recipient_sealed, recipient_masked, letter, locale, content_sealed,
		state, provider, error, expires_at) SELECT gen_random_uuid(), channel, recipient_sealed, recipient_masked, letter,
		locale, content_sealed, 'FAILED', 'twilio', 'twilio: HTTP 503', app_now() + interval '1 hour' FROM outbox
		WHERE id = '${sms}' RETURNING id`).split("\n");
	await page.goto("/admin/outbox?state=FAILED");
	await picture(page, "outbox-failed");
	await page.goto(`/admin/outbox/${id}`);
	await page.getByText("twilio: HTTP 503").first().waitFor();
	await picture(page, "outbox-letter-failed");
	await page.getByRole("button", { name: "Send again" }).click();
	await said(page, "will be sent again");
	assert.equal(sql(`SELECT count(*) FROM audit WHERE action = 'outbox.retry' AND target_id = '${id}'`), "1");
	assert.equal(sql(`SELECT count(*) FROM job WHERE kind = 'outbox.send' AND key = '${id}'`), "1");
	// One whose time is over is not.
	sql(`UPDATE outbox SET state = 'FAILED', expires_at = app_now() WHERE id = '${id}'`);
	await page.goto(`/admin/outbox/${id}`);
	assert.equal(await page.getByRole("button", { name: "Send again" }).count(), 0);
}

await runWork("outbox", work);
