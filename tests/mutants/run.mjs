// Careless changes, one at a time, and which test notices: run.mjs check | run | table
//	check	every change of tests/mutants/*.txt still finds the text it changes (quick, part of lint)
//	run	makes each in a copy of the sources under build/mutants, builds what it touches, runs the parts
//		it names and says what noticed; last line "N noticed, N survived"
//	table	writes the results so far into tests/mutants.md
// From the environment:
//	T	only the changes of these names: 'token-expiry chat-*' are several
//	MAKE	make
//	COPY	the name of the copy, for two runs at a time
//	BASE=no	takes for granted that the tests pass without a change
// A change is a paragraph of these lines; white space in the old text stands for any white space:
//	= name
//	file	path
//	part	unit T=token; a second one is run when the first noticed nothing
//	why	what somebody would think who makes it
//	- old text, exactly once in the file (several lines are one text)
//	+ new text
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, utimesSync,
	writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const copy = join(root, 'build/mutants', process.env.COPY || 'tree');
const known = join(root, 'build/mutants/results.json');
const limit_s = 60; // a test that hangs has noticed

function mutants() {
	const all = [];
	for (const name of readdirSync(join(root, 'tests/mutants')).filter((f) => f.endsWith('.txt')).sort()) {
		let one;
		for (const line of readFileSync(join(root, 'tests/mutants', name), 'utf8').split('\n')) {
			const word = line.split(/\s/, 1)[0], rest = line.slice(word.length + 1);
			if (word === '=')
				all.push(one = { id: rest, area: name.slice(0, -4), parts: [], old: [], new: [] });
			else if (word === 'part')
				one.parts.push(rest.trim());
			else if (word === '-')
				one.old.push(rest);
			else if (word === '+')
				one.new.push(rest);
			else if (word === 'file' || word === 'why')
				one[word] = rest.trim();
			else if (line.trim() !== '' && word !== '#')
				throw new Error(`${name}: what is "${line}"?`);
		}
	}
	return all;
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// The file's text with the change in it; throws when the old text is not there exactly once.
function changed(mutant) {
	const text = readFileSync(join(root, mutant.file), 'utf8');
	const old = mutant.old.join('\n').trim();
	const pattern = new RegExp(old.split(/\s+/).map(escaped).join('(?:\\s|\\\\\\n)+'), 'g');
	const found = [...text.matchAll(pattern)];
	if (old === '' || found.length !== 1)
		throw new Error(`${mutant.id}: ${mutant.file} has the old text ${found.length} times`);
	const next = text.slice(0, found[0].index) + mutant.new.join('\n').trim() +
		text.slice(found[0].index + found[0][0].length);
	if (next === text)
		throw new Error(`${mutant.id} changes nothing`);
	return next;
}

function check(all) {
	const seen = new Set();
	const faults = [];
	for (const mutant of all) {
		try {
			if (seen.has(mutant.id) || !/^[a-z0-9-]+$/.test(mutant.id))
				throw new Error(`${mutant.id} is there twice, or no name`);
			if (!mutant.why || mutant.parts.length === 0)
				throw new Error(`${mutant.id} lacks why or part`);
			for (const part of mutant.parts)
				tests_exist(mutant, part);
			changed(mutant);
		} catch (e) {
			faults.push(e.message);
		}
		seen.add(mutant.id);
	}
	for (const fault of faults)
		console.error(`mutants: ${fault}`);
	return faults.length === 0 && all.length > 0;
}

function tests_exist(mutant, part) {
	const match = /^(unit|db|http|panel|lint) T='?([^']+)'?$/.exec(part);
	if (!match)
		throw new Error(`${mutant.id}: part is not "unit T=name" but "${part}"`);
	for (const name of match[2].split(' ')) {
		const files = ['c', 'sh', 'mjs'].flatMap((ext) => [`test_${name}.${ext}`, `${name}.${ext}`]);
		const dirs = [match[1], ...(match[1] === 'db' ? ['lint'] : [])];
		if (!dirs.some((dir) => files.some((file) => existsSync(join(root, 'tests', dir, file)))))
			throw new Error(`${mutant.id}: there is no test ${match[1]} ${name}`);
	}
}

// --- the copy ---

function same(from, to) {
	return existsSync(to) && readFileSync(from).equals(readFileSync(to));
}

function copy_all() {
	const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
		.trim().split('\n').filter((file) => existsSync(join(root, file)));
	for (const dir of ['lib', 'cgi-bin', 'sql', 'tests', 'templates', 'nginx', 'systemd'])
		for (const file of readdirSync(join(copy, dir), { recursive: true, withFileTypes: true }).filter(
			(f) => f.isFile()).map((f) => join(f.parentPath ?? f.path, f.name)))
			if (!existsSync(join(root, file.slice(copy.length + 1))))
				rmSync(file);
	for (const file of files)
		if (!same(join(root, file), join(copy, file)))
			cpSync(join(root, file), join(copy, file)); // its time is now: what was built before is old
	mkdirSync(join(copy, 'build'), { recursive: true });
	if (existsSync(join(root, 'build/npm')) && !existsSync(join(copy, 'build/npm')))
		symlinkSync(join(root, 'build/npm'), join(copy, 'build/npm'));
}

// --- the run ---

const env = { ...process.env, CCACHE_BASEDIR: copy, CCACHE_NOHASHDIR: '1' };
const make = process.env.MAKE || 'make';

function must(command, args, more) {
	const made = spawnSync(command, args, { cwd: copy, encoding: 'utf8', env, maxBuffer: 1 << 26, ...more });
	if (made.status !== 0)
		throw new Error(`${command} ${args.join(' ')}:\n${made.stdout}${made.stderr ?? made.error}`);
	return made.stdout;
}

// Tests of db share one server, and each change has a database of its own in it: most of the time of such
// a test goes into making a server.
const server = { dir: join(copy, 'build/tests/server'), url: '' };

function server_start() {
	const more = { env: { ...env, BIN: join(copy, 'build/test/bin'), QUIET: '1', STACK_FAST: '1' } };
	const data = join(server.dir, 'pgdir');
	must(make, ['--no-print-directory', '-j2', 'B=test', 'all']);
	must('tests/harness/stack.sh', ['stop', server.dir], more);
	if (existsSync(data)) // the schema of an earlier change may be in it
		rmSync(readFileSync(data, 'utf8').trim(), { recursive: true, force: true });
	rmSync(server.dir, { recursive: true, force: true });
	must('tests/harness/stack.sh', ['start-db', server.dir], more);
	server.url = must('bash', ['-c', '. "$0/env"; echo "$DATABASE_URL"', server.dir]).trim();
	process.on('exit', () => must('tests/harness/stack.sh', ['stop', server.dir], more));
}

function database_anew() {
	const sql = ['DROP DATABASE IF EXISTS confab WITH (FORCE)', 'CREATE DATABASE confab OWNER confab'];
	must('bash', ['-c', 'for i in {1..40}; do "$@" && exit; sleep 0.25; done; exit 1', '-', // a test's last walsender
		'psql', '-Xq', '-h', /host=([^&]*)/.exec(server.url)[1], '-U', 'postgres', '-d', 'postgres',
		...sql.flatMap((text) => ['-c', text])]);
	return spawnSync('build/test/bin/confab', ['migrate'], { cwd: copy, encoding: 'utf8',
		env: { ...env, CONFAB_CONF: join(server.dir, 'confab.conf'), SQL_DIR: join(copy, 'sql') } });
}

function run_db(tests, mutant) {
	const programs = tests.split(' ').map((test) => `build/test/tests/db/test_${test}`);
	if (server.url === '')
		server_start();
	if (mutant === undefined || /^(lib.(base|db)|cgi-bin)/.test(mutant.file))
		programs.unshift('build/test/bin/confab');
	must(make, ['--no-print-directory', '-j2', 'B=test', ...programs]);
	const migrated = database_anew();
	if (migrated.status !== 0)
		return { by: 'db: the migration', said: '', log: migrated.stdout + migrated.stderr };
	for (const program of programs.filter((name) => name.includes('/tests/'))) {
		const made = spawnSync('timeout', ['-k', '5', `${limit_s}`, program], { cwd: copy, encoding: 'utf8',
			env: { ...env, DATABASE_URL: server.url, STACK_DIR: server.dir, BIN: join(copy, 'build/test/bin') } });
		const log = made.stdout + made.stderr;
		if (made.status !== 0)
			return { by: `db ${program.replace(/.*\//, '')}`, said: sentence(log), log };
	}
	return null;
}

// One part in the copy: null when its tests pass, else what noticed.
function run_part(part, mutant) {
	const [name, tests] = [part.split(' ', 1)[0], part.replace(/^\S+ T='?/, '').replace(/'$/, '')];
	if (name === 'db')
		return run_db(tests, mutant);
	const made = spawnSync(make, ['--no-print-directory', name, `T=${tests}`], {
		cwd: copy, encoding: 'utf8', maxBuffer: 1 << 26,
		env: { ...env, T: tests, LIMIT_S: String(limit_s), FAIL_FAST: '1' },
	});
	if (made.status === 0)
		return null;
	const failed = /✗ ([^\n]*?): ([^\n]*)\n((?: {4}\|[^\n]*\n)*)/.exec(made.stdout);
	if (!failed)
		throw new Error(`make ${part}: ${made.stdout}${made.stderr}`);
	if (failed[1].startsWith('build '))
		throw new Error(`it does not build:\n${failed[3]}`);
	return { by: `${name} ${failed[1]}`, said: sentence(failed[3]), log: failed[3] };
}

// What a CUnit program, a node test or a script says first of a failure.
function sentence(log) {
	const lines = log.split('\n').map((line) => line.replace(/^ {4}\| ?/, '').trim());
	const c = lines.map((line) => /^\S+\.c:\d+: (.+?): /.exec(line)).find((match) => match);
	const js = lines.map((line) => /^(?:✖|not ok \d+ -) (.*?)(?: \([\d.]+ms\))?$/.exec(line))
		.find((match) => match && !/failing tests/.test(match[1]));
	return c ? c[1] : js ? js[1] : '';
}

function run_one(mutant) {
	const path = join(copy, mutant.file), original = readFileSync(path);
	const now = () => utimesSync(path, new Date(), new Date());
	writeFileSync(path, changed(mutant));
	now();
	try {
		for (const part of mutant.parts) {
			const noticed = run_part(part, mutant);
			if (noticed)
				return noticed;
		}
		return null;
	} finally {
		writeFileSync(path, original);
		now();
	}
}

// Without a change all the tests that are named must pass: else what notices would be anything.
function base(chosen) {
	const tests = {};
	for (const part of chosen.flatMap((mutant) => mutant.parts)) {
		const [, name, words] = /^(\w+) T='?([^']+)'?$/.exec(part);
		(tests[name] ??= new Set());
		words.split(' ').forEach((word) => tests[name].add(word));
	}
	for (const [name, words] of Object.entries(tests)) {
		const failed = run_part(`${name} T='${[...words].join(' ')}'`);
		if (failed) {
			console.error(`without any change ${failed.by} fails: ${failed.log}`);
			return false;
		}
	}
	return true;
}

function results() {
	return existsSync(known) ? JSON.parse(readFileSync(known, 'utf8')) : {};
}

function run(all) {
	const globs = (process.env.T || '').split(' ').filter(Boolean)
		.map((glob) => new RegExp(`^${glob.split('*').map(escaped).join('.*')}$`));
	const chosen = all.filter((mutant) => globs.length === 0 || globs.some((glob) => glob.test(mutant.id)));
	let survived = 0, faults = 0;
	for (const dir of ['lib', 'cgi-bin', 'sql', 'tests', 'templates', 'nginx', 'systemd'])
		mkdirSync(join(copy, dir), { recursive: true });
	copy_all();
	if (process.env.BASE !== 'no' && !base(chosen))
		return false;
	for (const mutant of chosen) {
		const began = Date.now();
		let noticed;
		try {
			noticed = run_one(mutant);
		} catch (e) {
			console.log(`  ! ${mutant.id}: ${e.message}`);
			faults++;
			continue;
		}
		survived += noticed === null;
		const noted = { ...results(), [mutant.id]: noticed && { by: noticed.by, said: noticed.said } };
		writeFileSync(known, JSON.stringify(noted, null, '\t'));
		console.log(`  ${noticed ? '✓' : '✗'} ${mutant.id.padEnd(36)} ` +
			`${noticed ? `noticed by ${noticed.by}${noticed.said ? `: ${noticed.said}` : ''}` : 'survived'}` +
			` (${((Date.now() - began) / 1000).toFixed(1)} s)`);
	}
	if (chosen.length === all.length)
		table(all);
	if (faults > 0)
		console.log(`\n${faults} could not be tried`);
	console.log(`\n${chosen.length - survived - faults} noticed, ${survived} survived`);
	return chosen.length > 0 && faults === 0 && survived * 20 <= chosen.length;
}

// --- tests/mutants.md ---

function table(all) {
	const path = join(root, 'tests/mutants.md'), noted = results();
	const cell = (text) => text.replaceAll('|', '\\|');
	const rows = all.map((mutant) => `| ${mutant.id} | ${mutant.file} | ${cell(mutant.why)} | ${
		noted[mutant.id] ? cell(`${noted[mutant.id].by}${noted[mutant.id].said ? `: ${noted[mutant.id].said}` : ''}`)
			: noted[mutant.id] === null ? '**survived**' : 'not run yet'} |`);
	const text = readFileSync(path, 'utf8');
	const head = text.slice(0, text.indexOf('| change |'));
	writeFileSync(path, `${head}| change | file | what somebody would do | noticed by |\n| --- | --- | --- | --- |\n${
		rows.join('\n')}\n`);
}

const all = mutants();
const command = { check: () => check(all), run: () => check(all) && run(all), table: () => (table(all), true) };
if (!command[process.argv[2]]) {
	console.error('usage: run.mjs check | run | table');
	process.exit(2);
}
process.exit(command[process.argv[2]]() ? 0 : 1);
