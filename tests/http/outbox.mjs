// Letters leave by real requests: SMS as Twilio takes them, e-mail by SMTP and as Postmark and Resend take it. The
// stand-ins below are strict, and are driven by the official clients first, so that nothing passes on a format of our
// own; a mail server and a reader of mail that are not ours judge SMTP. Run by test_outbox.sh.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { BASE_URL, STACK_DIR, run, runAll, sql, test, until } from "./live.mjs";

const require = createRequire(new URL("../../build/npm/", import.meta.url));
const { API_PORT, SMTP_PORT, BIN } = process.env;
const api = `http://127.0.0.1:${API_PORT}`;
process.env.RESEND_BASE_URL = api;
const twilio = require("twilio");
const postmark = require("postmark");
const { Resend } = require("resend");
const { SMTPServer } = require("smtp-server");
const { simpleParser } = require("mailparser");
const ACCOUNT = "AC0123456789abcdef0123456789abcdef", TOKEN = "0123456789abcdef0123456789abcdef";
const settings = readFileSync(`${STACK_DIR}/confab.conf`, "utf8");
const SITE = settings.match(/^SITE_NAME=(.*)$/m)[1];

// --- the stand-ins ---

const asked = []; // every request that was understood
const behave = []; // for the next requests: { status, headers, body }, or a function of the connection
let serial = 0;

const takes = {
	[`/2010-04-01/Accounts/${ACCOUNT}/Messages.json`](head, body) {
		assert.equal(head.authorization, `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString("base64")}`);
		assert.match(head["content-type"], /^application\/x-www-form-urlencoded/);
		const form = Object.fromEntries(new URLSearchParams(body));
		assert.match(form.To, /^\+[0-9]{8,15}$/);
		assert.ok(form.From && form.Body);
		return [201, { sid: `SM${String(++serial).padStart(32, "0")}`, status: "queued", num_segments: "1",
			to: form.To, from: form.From, body: form.Body, error_code: null }, form];
	},
	"/email"(head, body) {
		assert.equal(head["x-postmark-server-token"], "postmark-token");
		assert.match(head["content-type"], /^application\/json/);
		assert.match(head.accept, /application\/json/);
		const mail = JSON.parse(body);
		assert.ok(mail.From && mail.To && mail.Subject && (mail.TextBody || mail.HtmlBody));
		return [200, { ErrorCode: 0, Message: "OK", MessageID: `pm-${++serial}`, To: mail.To,
			SubmittedAt: new Date().toISOString() }, mail];
	},
	"/emails"(head, body) {
		assert.equal(head.authorization, "Bearer re_key");
		assert.match(head["content-type"], /^application\/json/);
		const mail = JSON.parse(body);
		assert.ok(mail.from && mail.to && mail.subject && (mail.text || mail.html));
		return [200, { id: `re-${++serial}` }, { ...mail, key: head["idempotency-key"] }];
	},
};
const server = createServer(async (request, reply) => {
	let body = "";
	for await (const chunk of request)
		body += chunk;
	try {
		assert.equal(request.method, "POST");
		assert.ok(takes[request.url], request.url);
		let [status, answer, what] = takes[request.url](request.headers, body);
		asked.push(what);
		const other = behave.shift();
		if (typeof other === "function")
			return other(request.socket);
		if (other)
			({ status, body: answer = {} } = other);
		reply.writeHead(status, { "Content-Type": "application/json", ...other?.headers });
		reply.end(JSON.stringify(answer));
	} catch (error) {
		console.error(`the stand-in: ${error.message}`);
		reply.writeHead(400, { "Content-Type": "application/json" });
		reply.end("{}");
	}
}).listen(API_PORT, "127.0.0.1");

const mails = []; // { to, raw, parsed }
const refuse = []; // for the next recipients: [code, text]
const smtp = new SMTPServer({
	disabledCommands: ["STARTTLS", "AUTH"], authOptional: true, logger: false,
	onRcptTo(address, session, done) {
		const [code, text] = refuse.shift() ?? [];
		done(code ? Object.assign(new Error(text), { responseCode: code }) : null);
	},
	async onData(stream, session, done) {
		const chunks = [];
		for await (const chunk of stream)
			chunks.push(chunk);
		const raw = Buffer.concat(chunks);
		mails.push({ to: session.envelope.rcptTo.map(({ address }) => address),
			from: session.envelope.mailFrom.address, raw: raw.toString("latin1"), parsed: await simpleParser(raw) });
		done();
	},
}).listen(Number(SMTP_PORT), "0.0.0.0"); // 127.0.0.2, too, which is a stranger to SMTP_URL

// --- the system ---

const confab = (...words) => run(`${BIN}/confab`, words, { env: { ...process.env,
	CONFAB_CONF: `${STACK_DIR}/confab.conf` } }).then(({ stdout }) => ({ code: 0, said: stdout }),
	(error) => ({ code: error.code, said: error.stdout + error.stderr }));
const notify = (to, ...more) => confab("notify", "test", "--to", to, ...more);
const newest = () => sql("SELECT id FROM outbox ORDER BY id DESC LIMIT 1");
const row = async (id) => JSON.parse(await sql(`SELECT row_to_json(o) FROM outbox o WHERE id = '${id}'`));
const becomes = (id, state) => until(async () => (await row(id)).state === state, `${id} becomes ${state}`);
// The wait before the next try is over.
const hurry = (id) => sql(`UPDATE job SET run_at = app_now() WHERE key = '${id}' AND state = 'READY'`);
// Begun, and its first try is over; what the command will have said.
async function begun(to, check) {
	const before = await newest(), done = notify(to);
	const id = await until(async () => { const id = await newest(); return id !== before && id; }, "it is written");
	await until(async () => check(await row(id)), "its first try");
	return { id, done };
}

// The worker reads its settings again; returns when none of its children is of before.
async function set(changes) {
	let text = settings;
	for (const [key, value] of Object.entries(changes))
		text = text.replace(new RegExp(`^${key}=.*$`, "m"), `${key}=${value}`);
	writeFileSync(`${STACK_DIR}/confab.conf`, text);
	const parent = Number(readFileSync(`${STACK_DIR}/run/worker.pid`, "utf8"));
	const children = () => readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ");
	const before = children();
	process.kill(parent, "SIGHUP");
	await until(() => !children().some((pid) => before.includes(pid)), "the worker's children are new");
}

test("the stand-ins take what the services' own clients send", async () => {
	const sms = await twilio(ACCOUNT, TOKEN, { httpClient: new (class extends twilio.RequestClient {
		request(options) { return super.request({ ...options, uri: options.uri.replace("https://api.twilio.com", api) }); }
	})() }).messages.create({ to: "+919876543210", from: "+15005550006", body: "क",
		statusCallback: `${BASE_URL}/api/v1/hooks/twilio` });
	assert.match(sms.sid, /^SM/);
	const client = new postmark.ServerClient("postmark-token", { requestHost: `127.0.0.1:${API_PORT}`, useHttps: false });
	assert.equal((await client.sendEmail({ From: "a@b.test", To: "c@d.test", Subject: "s", TextBody: "t" })).ErrorCode, 0);
	const sent = await new Resend("re_key").emails.send({ from: "a@b.test", to: "c@d.test", subject: "s", text: "t" },
		{ idempotencyKey: "k" });
	assert.match(sent.data.id, /^re-/);
	assert.equal(asked.pop().key, "k");
	assert.deepEqual(asked.map((what) => Object.keys(what).length > 2), [true, true]);
});

test("an SMS leaves, in the reader's language", async () => {
	const { code, said } = await notify("+919876543210", "--locale", "hi-IN");
	assert.equal(code, 0, said);
	assert.match(said, /^accepted by twilio as SM0/m);
	const id = await newest(), form = asked.at(-1);
	assert.equal(form.To, "+919876543210");
	assert.equal(form.From, "+15005550006");
	assert.equal(form.Body, `${SITE} की ओर से एक परीक्षण। अगर आप इसे पढ़ पा रहे हैं, तो SMS ठीक से जा रहे हैं।`);
	assert.equal(form.StatusCallback, `${BASE_URL}/api/v1/hooks/twilio?id=${id}`);
	const { state, content_sealed, recipient_masked } = await row(id);
	assert.deepEqual([state, content_sealed, recipient_masked], ["SENT", null, "+91*****10"]);
});

test("its fate is told by Twilio alone, and once", async () => {
	const id = await newest(), { provider_ref: sid } = await row(id), path = `/api/v1/hooks/twilio?id=${id}`;
	const call = (form, signature, at = path) => fetch(`${BASE_URL}${at}`, { method: "POST",
		headers: { "Content-Type": "application/x-www-form-urlencoded",
			...(signature !== undefined && { "X-Twilio-Signature": signature }) },
		body: new URLSearchParams(form).toString() }).then(({ status }) => status);
	const sign = (form, token = TOKEN, at = path) =>
		twilio.getExpectedTwilioSignature(token, `${BASE_URL}${at}`, form);
	const good = { AccountSid: ACCOUNT, MessageSid: sid, MessageStatus: "delivered", To: "+919876543210", Extra: "क & +" };
	assert.ok(twilio.validateRequest(TOKEN, sign(good), `${BASE_URL}${path}`, good));
	const failed = { ...good, MessageStatus: "failed", ErrorCode: "30003" };
	for (const [form, signature, at] of [[good], [good, ""], [good, "x"], [good, sign(good, "another")],
		[failed, sign(good)], [{ ...good, More: "1" }, sign(good)], [good, sign(good), `${path}&x=1`],
		[good, sign(good), path.replace(/.$/, (c) => c === "0" ? "1" : "0")]]) {
		assert.ok([403, 422].includes(await call(form, signature, at)), JSON.stringify([form, signature, at]));
		assert.equal((await row(id)).state, "SENT");
	}
	assert.equal(await call(good, sign(good)), 204);
	assert.equal((await row(id)).state, "DELIVERED");
	const told = await row(id);
	assert.equal(await call(good, sign(good)), 204); // again
	assert.equal(await call(failed, sign(failed)), 204); // and otherwise
	const sent = { ...good, MessageStatus: "sent" };
	assert.equal(await call(sent, sign(sent)), 204); // and late
	assert.deepEqual(await row(id), told);
	const nobody = "/api/v1/hooks/twilio?id=00000000-0000-7000-8000-000000000000";
	assert.equal(await call(good, sign(good, TOKEN, nobody), nobody), 204);
	const half = { AccountSid: ACCOUNT };
	assert.equal(await call(half, sign(half)), 400);
});

test("who is refused for good is not asked again", async () => {
	const before = asked.length;
	behave.push({ status: 400, body: { code: 21211, message: "The 'To' number +919876543211 is not valid.", status: 400 } });
	const { code, said } = await notify("+919876543211");
	assert.equal(code, 1);
	assert.match(said, /^not sent: twilio: HTTP 400, its code 21211$/m);
	assert.equal(asked.length, before + 1);
	assert.equal((await row(await newest())).state, "FAILED");
	assert.equal(await sql(`SELECT state FROM job WHERE key = '${await newest()}'`), "DONE");
});

test("who asks to be left alone is, for as long as they say", async () => {
	behave.push({ status: 429, headers: { "Retry-After": "3600" }, body: { code: 20429 } });
	const { id, done } = await begun("+919876543212", ({ error }) => error !== "");
	assert.equal((await row(id)).error, "twilio: HTTP 429, its code 20429");
	await until(async () => await sql(`SELECT run_at BETWEEN app_now() + interval '58 min' AND app_now() + interval '61 min'
		FROM job WHERE key = '${id}' AND state = 'READY'`) === "t", "its job waits an hour");
	await hurry(id);
	assert.equal((await done).code, 0);
});

test("an answer that is an error, or none, is tried again", async () => {
	for (const trouble of [{ status: 503 }, { status: 401 }, (socket) => socket.destroy(),
		(socket) => { socket.write(`HTTP/1.1 201 Created\r\nContent-Length: 2000000\r\n\r\n${"x".repeat(2000000)}`); },
		{ status: 302, headers: { Location: `${api}/elsewhere` } }]) {
		behave.push(trouble);
		const before = asked.length, { id, done } = await begun("+919876543213", ({ error }) => error !== "");
		const final = trouble.status === 302; // redirects are not followed: it is no success, and no error of theirs
		if (final)
			assert.match((await row(id)).error, /HTTP 302/);
		await until(() => hurry(id).then(() => asked.length === before + 2), "the second try");
		assert.equal((await done).code, 0);
		assert.deepEqual([(await row(id)).state, (await row(id)).error], ["SENT", ""]);
	}
});

test("while one hangs other lanes go on", async () => {
	let held;
	behave.push((socket) => { held = socket; });
	const done = notify("+919876543214");
	await until(() => held, "it hangs");
	const job = await sql("SELECT job_add('test.fast')");
	await until(async () => await sql(`SELECT state FROM job WHERE id = '${job}'`) === "DONE", "another lane's job");
	assert.equal(held.destroyed, false);
	held.destroy();
	const id = await newest();
	await until(() => hurry(id).then(async () => (await row(id)).state === "SENT"), "it is sent after all");
	assert.equal((await done).code, 0);
});

// --- e-mail ---

test("an e-mail is one that a reader of mail reads", async () => {
	const { code, said } = await notify("Asha@Example.test", "--locale", "hi");
	assert.equal(code, 0, said);
	const id = await newest(), { to, from, raw, parsed } = mails.at(-1), head = raw.slice(0, raw.indexOf("\r\n\r\n"));
	assert.match(said, /^accepted by smtp as <.*@confab\.test>$/m);
	assert.deepEqual([to, from], [["asha@example.test"], "no-reply@confab.test"]);
	assert.deepEqual(parsed.from.value, [{ address: "no-reply@confab.test", name: SITE }]);
	assert.equal(parsed.to.value[0].address, "asha@example.test");
	assert.equal(parsed.subject, `${SITE} की ओर से एक परीक्षण`);
	assert.equal(parsed.messageId, `<${id}@confab.test>`);
	assert.ok(Math.abs(Date.now() - parsed.date) < 3600e3);
	assert.match(parsed.headers.get("content-type").value, /^multipart\/alternative$/);
	assert.equal(parsed.headers.get("mime-version"), "1.0");
	assert.equal(parsed.headers.has("list-unsubscribe"), false);
	assert.equal(parsed.text.trim(), `यह ${SITE} की ओर से एक परीक्षण है।\n\nअगर आप इसे पढ़ पा रहे हैं, तो ई-मेल ठीक से जा रही है।`);
	const escaped = SITE.replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
	assert.ok(parsed.html.includes(`यह ${escaped} की ओर से एक परीक्षण है।`), parsed.html);
	assert.ok(parsed.html.includes('<html lang="hi"') && !/<script|<img|src=/.test(parsed.html));
	assert.match(raw, /^[\x00-\x7f]*$/);
	assert.equal(raw.match(/^Content-Transfer-Encoding: quoted-printable\r$/gm).length, 2);
	// libcurl writes its boundary on one line.
	assert.deepEqual(raw.split("\r\n").filter((line) => line.length > 78 && !line.includes("boundary=")), []);
	assert.equal(head.match(/^(Subject|From|To|Date|Message-ID): /gm).length, 5);
	assert.equal((await row(id)).recipient_masked, "a***@example.test");
});

test("a mail server may say later, or never", async () => {
	refuse.push([451, "greylisted, try in a minute"]);
	const { id, done } = await begun("later@example.test", ({ error }) => error !== "");
	assert.match((await row(id)).error, /^smtp: .*451/);
	await until(() => hurry(id).then(async () => (await row(id)).state === "SENT"), "the second try");
	assert.equal((await done).code, 0);
	refuse.push([550, "no such user never@example.test"]);
	const { code, said } = await notify("never@example.test");
	assert.equal(code, 1);
	assert.match(said, /^not sent: smtp: .*550/m);
	assert.doesNotMatch(said, /never@/);
});

test("without TLS no mail goes to a stranger", async () => {
	await set({ SMTP_URL: `smtp://127.0.0.2:${SMTP_PORT}` });
	const before = mails.length, { id, done } = await begun("tls@example.test", ({ error }) => error !== "");
	assert.match((await row(id)).error, /^smtp: .*SSL/);
	assert.equal(mails.length, before);
	await set({});
	await until(() => hurry(id).then(async () => (await row(id)).state === "SENT"), "by the server that may");
	assert.equal((await done).code, 0);
});

test("Postmark and Resend are handed the same", async () => {
	await set({ MAIL_PROVIDER: "postmark" });
	let { code, said } = await notify("asha@example.test");
	assert.equal(code, 0, said);
	let mail = asked.at(-1), id = await newest();
	assert.match(said, /^accepted by postmark as pm-/m);
	assert.deepEqual([mail.To, mail.Subject, mail.TextBody.split("\n")[0], mail.MessageStream],
		["asha@example.test", `A test by ${SITE}`, `This is a test by ${SITE}.`, "outbound"]);
	assert.ok(mail.Headers.some(({ Name, Value }) => Name === "Message-ID" && Value === `<${id}@confab.test>`));
	assert.match(mail.HtmlBody, /^<!doctype html>/);
	behave.push({ status: 422, body: { ErrorCode: 406, Message: "inactive: asha@example.test" } });
	({ code, said } = await notify("asha@example.test"));
	assert.match(said, /^not sent: postmark: HTTP 422, its code 406$/m);
	await set({ MAIL_PROVIDER: "resend" });
	({ code, said } = await notify("asha@example.test"));
	assert.equal(code, 0, said);
	mail = asked.at(-1);
	id = await newest();
	assert.match(said, /^accepted by resend as re-/m);
	assert.deepEqual([mail.to, mail.subject, mail.key, mail.headers["Message-ID"]],
		[["asha@example.test"], `A test by ${SITE}`, id, `<${id}@confab.test>`]);
	// The name is one header, and reads as it was: a reader of mail takes it apart.
	assert.deepEqual((await simpleParser(`From: ${mail.from}\r\n\r\n`)).from.value,
		[{ address: "no-reply@confab.test", name: SITE }]);
	behave.push((socket) => socket.destroy());
	const again = await begun("asha@example.test", ({ error }) => error !== "");
	await until(() => hurry(again.id).then(async () => (await row(again.id)).state === "SENT"), "the second try");
	assert.deepEqual(asked.slice(-2).map(({ key }) => key), [again.id, again.id]);
	assert.equal((await again.done).code, 0);
});

test("what cannot be sent to is refused at once", async () => {
	for (const to of ["asha", "+12", "+123456789012345678", "a@b\r\nBcc: c@d", "a b@c", "<a@b>"])
		assert.equal((await notify(to)).code, 2, to);
});

test("no address is in any log", () => {
	for (const name of readdirSync(`${STACK_DIR}/log`))
		assert.doesNotMatch(readFileSync(`${STACK_DIR}/log/${name}`, "utf8"),
			/98765432|asha@|later@|tls@|never@|postmark-token|re_key/, name);
});

await runAll("outbox", () => { server.closeAllConnections(); server.close(); smtp.close(); });
