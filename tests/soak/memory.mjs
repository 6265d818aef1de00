// Resident memory of a stack's processes over time.
import { readFileSync } from "node:fs";
import { PROGRAMS, STACK_DIR } from "../http/live.mjs";

const GROWTH_KIB_MAX = 1024;

function read(path) {
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		return ""; // it has just ended
	}
}

// {program, pid, parent} of every process that runs now.
function processes() {
	return [...PROGRAMS, "nginx"].flatMap((program) => {
		const parent = Number(read(`${STACK_DIR}/run/${program}.pid`));
		const children = read(`/proc/${parent}/task/${parent}/children`).split(" ").filter(Boolean).map(Number);
		return [parent, ...children].map((pid) => ({ program, pid, parent: pid === parent }));
	});
}

const kib = (text, name) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+) kB`, "m"))?.[1] ?? 0);
const seen = new Map(); // pid -> {program, parent, samples: [{at, rss, anon, pss}]}

export function sample() {
	for (const { program, pid, parent } of processes()) {
		const status = read(`/proc/${pid}/status`);
		if (status === "")
			continue;
		if (!seen.has(pid))
			seen.set(pid, { program, parent, samples: [] });
		seen.get(pid).samples.push({ at: Date.now(), rss: kib(status, "VmRSS"), anon: kib(status, "RssAnon"),
			pss: kib(read(`/proc/${pid}/smaps_rollup`), "Pss") });
	}
}

const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];

// A table of all that ran from the end of the warm-up to the last sample; the names of those that grew more
// than GROWTH_KIB_MAX. Each figure is the median of a tenth of the time, so that one peak is not growth.
export function report(began, warmed, ended) {
	const tenth = (ended - warmed) / 10, grown = [];
	console.log("  program     pid        resident: warm      end   growth   anonymous      pss   KiB");
	for (const [pid, { program, parent, samples }] of seen) {
		const first = samples.filter(({ at }) => at >= warmed && at < warmed + tenth);
		const last = samples.filter(({ at }) => at > ended - tenth);
		const name = `${program.padEnd(10)} ${String(pid).padStart(6)} ${parent ? "parent" : "child "}`;
		if (first.length === 0 || last.length === 0) {
			console.log(`  ${name} did not live throughout`);
			continue;
		}
		const [from, to] = [median(first.map(({ rss }) => rss)), median(last.map(({ rss }) => rss))];
		const anon = median(last.map((s) => s.anon)) - median(first.map((s) => s.anon));
		console.log(`  ${name} ${String(from).padStart(15)} ${String(to).padStart(8)} ${String(to - from).padStart(8)}` +
			` ${String(anon).padStart(11)} ${String(median(last.map(({ pss }) => pss))).padStart(8)}`);
		if (to - from >= GROWTH_KIB_MAX && program !== "nginx")
			grown.push(`${program} ${pid}: ${to - from} KiB`);
	}
	return grown;
}
