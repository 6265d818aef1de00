// Every page of the panel, again and again: how long until its first byte. 99 of 100 must come within 50 ms, half of
// the home page's within 15; of a file of 10,000 rows, which is made whole before it is sent, within 500. What is slow
// at first is asked as often again, alone: the machine has other things to do, and a slow page is slow twice. Of those
// that stay slow PostgreSQL says what it did longest.
//	ROUNDS	visits of a group (100)
//	ALL=1	prints every group, not only the routes and the slowest
import { readFileSync, statSync } from "node:fs";
import { ask, signIn, sql, walk } from "./panel_pages.mjs";

const ROUNDS = Number(process.env.ROUNDS || 100), SLOWEST = 20;
const LIMIT_MS = 50, FILE_MS = 500, HOME_MS = 15;
const LOG = `${process.env.STACK_DIR}/log/postgres.log`;

const at = (times, part) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))];
const p50 = (times) => at(times, 0.5), p99 = (times) => at(times, 0.99);
const shown = (ms) => ms.toFixed(1).padStart(7);

async function visits(group, count) {
	for (let i = 0; i < count; i++) {
		const page = group.pages[(group.times.length) % group.pages.length], { ms } = await ask("GET", page.address);
		group.times.push(ms);
		if (ms > group.worst.ms)
			group.worst = { ms, address: page.address };
	}
}

function grouped(pages) {
	const groups = new Map();
	for (const page of pages) {
		if (!groups.has(page.group))
			groups.set(page.group, { name: page.group, route: page.route, pages: [], times: [],
				worst: { ms: 0 } });
		groups.get(page.group).pages.push(page);
	}
	return [...groups.values()];
}

// --- what PostgreSQL did ---

// {ms, text} of each node by itself: the time of those below it, and of those that are worked out before, taken away.
function nodes(plan, found = []) {
	const total = (one) => one["Actual Total Time"] * one["Actual Loops"];
	const before = (one) => one["Parent Relationship"] === "InitPlan";
	const below = (plan.Plans || []).filter((one) => !before(one)).reduce((sum, one) => sum + total(one), 0);
	const gone = ["Rows Removed by Filter", "Rows Removed by Index Recheck"].filter((name) => plan[name])
		.map((name) => `, ${plan[name]} ${name.toLowerCase()}`).join("");
	const where = plan["Index Name"] || plan["Relation Name"] || "";
	found.push({ ms: total(plan) - below,
		text: `${plan["Node Type"]} ${where}: ${plan["Actual Rows"]} rows × ${plan["Actual Loops"]}${gone}` });
	(plan.Plans || []).forEach((one) => nodes(one, found));
	return found;
}

async function explain(group) {
	for (const [name, value] of Object.entries({ log_analyze: "on", log_buffers: "on", log_format: "json",
		log_min_duration: "2ms" }))
		sql(`ALTER SYSTEM SET auto_explain.${name} = '${value}'`);
	sql("SELECT pg_reload_conf()");
	const from = statSync(LOG).size;
	for (let i = 0; i < 3; i++)
		await ask("GET", group.worst.address);
	const log = readFileSync(LOG).subarray(from).toString();
	sql("ALTER SYSTEM RESET auto_explain.log_min_duration");
	sql("SELECT pg_reload_conf()");
	const plans = [...log.matchAll(/duration: ([0-9.]+) ms {2}plan:\n(\t\{\n.*?\n\t\})\n/gs)]
		.map(([, ms, text]) => ({ ms: Number(ms), ...JSON.parse(text) })).sort((a, b) => b.ms - a.ms);
	for (const { ms, Plan, "Query Text": query } of plans.slice(0, 1)) {
		const blocks = Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"];
		console.log(`  ${group.worst.address}`);
		console.log(`    ${ms.toFixed(1)} ms, ${blocks} blocks: ${query.replace(/\s+/g, " ").slice(0, 140)}`);
		for (const node of nodes(Plan).sort((a, b) => b.ms - a.ms).slice(0, 3))
			console.log(`    ${shown(node.ms)} ms ${node.text}`);
	}
}

// --- the walk ---

await signIn();
sql("ALTER SYSTEM RESET auto_explain.log_min_duration");
const began = Date.now(), { pages, problems } = await walk(), groups = grouped(pages);
console.log(`${pages.length} addresses of ${groups.length} groups found in ${((Date.now() - began) / 1000).toFixed(0)} s`);
for (let round = 0; round < ROUNDS; round += 10)
	for (const group of groups)
		await visits(group, 10);
const limit = ({ route }) => route.endsWith(".csv") ? FILE_MS : LIMIT_MS;
const slow = () => groups.filter((group) => p99(group.times) > limit(group));
for (const group of slow()) {
	const { times } = group;
	group.times = [];
	await visits(group, ROUNDS);
	if (p99(times) < p99(group.times))
		group.times = times;
}

const byRoute = groups.reduce((map, group) => map.set(group.route, [...(map.get(group.route) || []), group]),
	new Map());
console.log(`${"ms to the first byte".padEnd(64)} visits     p50     p99`);
for (const [route, all] of [...byRoute].sort()) {
	const times = all.flatMap((group) => group.times);
	console.log(`${route.padEnd(64)} ${String(times.length).padStart(6)} ${shown(p50(times))} ${shown(p99(times))}`);
}
const slowest = [...groups].sort((a, b) => p99(b.times) - p99(a.times));
console.log(process.env.ALL ? "all groups" : "the slowest groups");
for (const { name, times, worst } of slowest.slice(0, process.env.ALL ? groups.length : SLOWEST))
	console.log(`${name.padEnd(64)} ${String(times.length).padStart(6)} ${shown(p50(times))} ${shown(p99(times))}  ${
		worst.address.slice(0, 90)}`);
for (const group of slow()) {
	problems.push(`${group.name}: ${p99(group.times).toFixed(1)} ms`);
	await explain(group);
}
const home = groups.find(({ name }) => name === "/admin");
if (p50(home.times) > HOME_MS)
	problems.push(`/admin: half of its first bytes come after ${p50(home.times).toFixed(1)} ms`);
for (const problem of problems)
	console.log(`problem: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
