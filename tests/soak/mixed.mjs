// Mixed traffic as a real site has it, for SOAK_S seconds: no reply of 500 or more, no message lost or told
// twice, and after the warm-up no process of ours grows by a mebibyte.
import assert from "node:assert/strict";
import { runAll, test, until } from "../http/live.mjs";
import { pause } from "../http/listeners.mjs";
import { report, sample } from "./memory.mjs";
import { approvedAdvisor, counts, finish, listen, problems, register, signIn } from "./site.mjs";
import { accounts, consultations, directory, friends, mistakes, panel, visitors, warmUp } from "./traffic.mjs";

const RUN_MS = Number(process.env.SOAK_S ?? 600) * 1000, WARM_UP = 0.2, SAMPLE_MS = 1000;
const USERS = 24, ADVISORS = 6;
const users = [], advisors = [];
let grown;

test(`${RUN_MS / 1000} seconds of mixed traffic`, async () => {
	const began = Date.now(), admin = await signIn();
	for (let i = 0; i < USERS; i++)
		users.push(await register("USER"));
	for (let i = 0; i < ADVISORS; i++)
		advisors.push(await approvedAdvisor(admin));
	for (const who of [...users, ...advisors])
		await listen(who);
	for (let i = 0; i < USERS; i += 2)
		await friends(users[i], users[i + 1]);
	advisors.forEach((advisor, i) => consultations(advisor, users.slice(i * 4, i * 4 + 4)));
	[accounts, mistakes, visitors].forEach((begin) => begin(users));
	directory(advisors);
	panel();
	await warmUp(users);
	for (; Date.now() < began + RUN_MS; await pause(SAMPLE_MS))
		sample();
	grown = report(began, began + RUN_MS * WARM_UP, Date.now());
	finish();
});

test("every message reached everyone it was for", async () => {
	for (const who of [...users, ...advisors])
		await until(() => who.wanted.size === 0, `${who.listener.kind}: ${who.wanted.size} messages to come`);
	console.log(Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(", "));
	for (const { listener } of [...users, ...advisors]) {
		assert.deepEqual(listener.lost, []);
		assert.equal(listener.resyncs, 0);
	}
	assert.ok(counts.messages > RUN_MS / 1000);
});

test("every reply was as it should be", () => assert.deepEqual(problems, []));
test("no process has grown", () => assert.deepEqual(grown, []));

await runAll("mixed");
