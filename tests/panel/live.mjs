// Live connections in a real browser: a page's WebSocket and EventSource through nginx, opened with tickets;
// what it hears and says, its cursor over kills, the close codes, and pages of other origins.
//	node tests/panel/live.mjs	with BASE_URL, DATABASE_URL, STACK_DIR and CORS_ORIGINS set
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { BASE_URL, api, conversation, cursorAt, emit, endLogins, eventsChild, person, runAll, test, ticket,
	until } from "../http/live.mjs";

const { chromium } = createRequire(new URL("../../build/npm/", import.meta.url))("playwright-core");
const FRIEND = process.env.CORS_ORIGINS, STRANGER = "http://stranger.test";
const problems = [];

const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
	// The pages are ours and stand nowhere: that they call this machine is their purpose.
	args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"],
});

// What an app has in its page: a client that comes again with its cursor until it is told not to.
const client = () => {
	window.seqs = [];
	window.passed = [];
	window.codes = [];
	const take = (event) => (event.seq === null ? window.passed : window.seqs).push(event.seq ?? event.type);
	window.ticket = async (token) => {
		const reply = await fetch(`${base}/api/v1/events/ticket`,
			{ method: "POST", headers: { Authorization: `Bearer ${token}` } });
		if (reply.status !== 201)
			throw new Error(`ticket: ${reply.status}`);
		return (await reply.json()).ticket;
	};
	window.url = (path, secret, cursor) =>
		`${base}/api/v1${path}?ticket=${secret}${cursor ? `&cursor=${cursor}` : ""}`;
	window.socket = (secret, cursor) => {
		const ws = new WebSocket(url("/ws", secret, cursor).replace("http", "ws"));
		ws.answers = {};
		ws.onclose = (event) => codes.push(event.code);
		ws.onmessage = ({ data }) => {
			const frame = JSON.parse(data);
			if (frame.type === "answer")
				ws.answers[frame.id] = frame;
			(frame.events ?? []).forEach(take);
			window.cursor = frame.cursor ?? window.cursor;
		};
		return (window.ws = ws);
	};
	const again = (fn) => setTimeout(() => fn().catch(() => again(fn)), 100);
	window.follow = async (token) => {
		const ws = socket(await ticket(token), window.cursor);
		ws.addEventListener("close", () => again(() => follow(token)));
	};
	window.listen = (secret, cursor, onerror) => {
		const source = new EventSource(url("/events/stream", secret, cursor));
		source.addEventListener("cursor", (event) => { window.cursor = event.lastEventId; });
		for (const type of ["test.one", "typing", "message.created"])
			source.addEventListener(type, (event) => {
				take(JSON.parse(event.data));
				window.cursor = event.lastEventId || window.cursor;
			});
		source.onerror = () => onerror?.(source);
		return (window.source = source);
	};
	// A ticket is good once: the browser's own second try is refused, and the page begins anew.
	window.followSource = async (token) => listen(await ticket(token), window.cursor, (source) => {
		source.close();
		again(() => followSource(token));
	});
};

async function open(origin = BASE_URL) {
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.route(`${origin}/app`, (route) => route.fulfill({ contentType: "text/html",
		body: `<!doctype html><script>const base = ${JSON.stringify(BASE_URL)};(${client})()</script>` }));
	page.on("pageerror", (error) => problems.push(error.message));
	await page.goto(`${origin}/app`);
	return page;
}

const seen = (page, what) => page.evaluate((name) => window[name], what);
const waitFor = (page, fn, arg) => page.waitForFunction(fn, arg, { timeout: 60000, polling: 20 });
const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1);

test("two pages talk over WebSockets", async () => {
	const [a, b] = [await person(), await person()];
	const id = await conversation(a, b);
	const [pa, pb] = [await open(), await open()];
	for (const [page, who] of [[pa, a], [pb, b]]) {
		await page.evaluate((token) => follow(token), who.token);
		await waitFor(page, () => window.cursor);
	}
	await pa.evaluate((place) => ws.send(JSON.stringify({ id: "1", op: "send", conversation_id: place,
		data: { client_id: "m-1", body: "Grüße ✓" } })), id);
	await waitFor(pa, () => ws.answers["1"]);
	assert.equal(await pa.evaluate(() => ws.answers["1"].status), 201);
	await waitFor(pb, () => seqs.length === 1);
	await pb.evaluate((place) => ws.send(JSON.stringify({ id: "2", op: "typing", conversation_id: place })), id);
	await waitFor(pa, () => passed.includes("typing"));
	const list = await api("GET", `/conversations/${id}/messages`, b.token);
	assert.equal(list.body.items[0].body, "Grüße ✓");
	for (const page of [pa, pb])
		await page.context().close();
});

for (const [name, way] of [["WebSocket", "follow"], ["EventSource", "followSource"]])
	test(`${name}: killed and ended, the page has everything once, by its cursor`, async () => {
		const a = await person();
		const page = await open();
		await page.evaluate(([fn, token]) => window[fn](token), [way, a.token]);
		await waitFor(page, () => window.cursor);
		for (let round = 1; round <= 3; round++) {
			await emit(a, "test.one", 20);
			process.kill(await until(eventsChild, "a child"), round === 2 ? "SIGTERM" : "SIGKILL");
			await emit(a, "test.one", 20);
			await waitFor(page, (count) => seqs.length >= count, 40 * round);
		}
		assert.deepEqual(await seen(page, "seqs"), upTo(120));
		await page.context().close();
	});

test("the close codes a page sees", async () => {
	const a = await person();
	const page = await open();
	const closed = async (code, secret, cursor, act) => {
		await page.evaluate(([text, at]) => {
			window.codes = [];
			window.cursor = null;
			socket(text, at);
		}, [secret, cursor]);
		if (act) {
			await waitFor(page, () => window.cursor || codes.length);
			await (typeof act === "string" ? page.evaluate(act) : act());
		}
		await waitFor(page, () => codes.length);
		assert.deepEqual(await seen(page, "codes"), [code]);
	};
	const used = await ticket(a);
	await closed(1000, used, cursorAt(0), "ws.close(1000)");
	await closed(4001, used);
	await closed(4009, await ticket(a), "1-1");
	await closed(1003, await ticket(a), undefined, "ws.send(new Uint8Array([1, 2]))");
	await closed(1009, await ticket(a), undefined, "ws.send('x'.repeat(40000))");
	await closed(1001, await ticket(a), undefined, () => process.kill(eventsChild(), "SIGTERM"));
	const last = await until(() => ticket(a).catch(() => null), "the program is back");
	await closed(4001, last, undefined, () => endLogins(a));
	await page.context().close();
});

test("a page of a listed origin may do all this, one of another nothing", async () => {
	const a = await person();
	const friend = await open(FRIEND);
	await friend.evaluate((token) => follow(token), a.token);
	await waitFor(friend, () => window.cursor);
	await friend.evaluate(() => { window.cursor = null; });
	await friend.evaluate((token) => followSource(token), a.token);
	await waitFor(friend, () => window.cursor);
	const stranger = await open(STRANGER);
	assert.equal(await stranger.evaluate((token) => ticket(token).then(() => "got", (error) => error.name),
		a.token), "TypeError");
	await stranger.evaluate((secret) => socket(secret), await ticket(a));
	await waitFor(stranger, () => codes.length);
	assert.deepEqual(await seen(stranger, "codes"), [1006]);
	await stranger.evaluate((secret) => listen(secret, undefined, () => { window.refused = true; }), await ticket(a));
	await waitFor(stranger, () => window.refused);
	assert.equal(await stranger.evaluate(() => source.readyState), 2);
	assert.equal(await seen(stranger, "cursor"), undefined);
	for (const page of [friend, stranger])
		await page.context().close();
});

try {
	await runAll("live", async () => {
		assert.deepEqual(problems, []);
		await browser.close();
	});
} catch (error) {
	await browser.close();
	throw error;
}
