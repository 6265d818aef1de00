// Small comforts; every page does all it does without them.
"use strict";

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
	const form = event.target;
	if (form.dataset.sent) {
		event.preventDefault();
		return;
	}
	if (form.method === "post")
		form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
	for (const form of document.querySelectorAll("form[data-sent]"))
		delete form.dataset.sent;
});

// Keys: / goes to the list's own search or else to that of everything, Ctrl-K to the latter; j and k to the next and the previous row, x picks the row.
const rowLinks = () => [...document.querySelectorAll("main > .table-wrap .list tbody tr")]
	.map((row) => row.querySelector("a, input")).filter((first) => first);

function stepRow(by) {
	const links = rowLinks();
	const now = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
	const next = links[now < 0 ? 0 : Math.min(Math.max(now + by, 0), links.length - 1)];
	if (next)
		next.focus();
}

function pickRow() {
	const row = document.activeElement.closest("tr");
	const box = row && row.querySelector("input[type=checkbox]");
	if (box)
		box.click();
}

const keys = {
	"/": () => (document.getElementById("q") ?? document.getElementById("find"))?.focus(),
	j: () => stepRow(1),
	k: () => stepRow(-1),
	x: pickRow,
};

// What has data-key is pressed by that key; what opens then leads to what is in it.
function pressKeyed(key) {
	const keyed = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
	keyed?.click();
	if (keyed?.matches("summary"))
		(keyed.parentElement.querySelector("button, input, textarea") ?? keyed).focus();
	return keyed !== null;
}

document.addEventListener("keydown", (event) => {
	const typing = document.activeElement.matches("input:not([type=checkbox]), textarea, select");
	if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat)
		return;
	if (keys[event.key])
		keys[event.key]();
	else if (!pressKeyed(event.key))
		return;
	event.preventDefault();
});
document.addEventListener("keydown", (event) => {
	const everything = document.getElementById("find");
	if (!everything || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k")
		return;
	event.preventDefault();
	everything.focus();
	everything.select();
});

// Two minutes before a sign-in ends for want of use this is said, and it can be kept. Pages of one browser share the
// time of the last use.
const WARN_MS = 120000;

function element(name, text, more) {
	return Object.assign(document.createElement(name), { textContent: text, ...more });
}

function watchSignIn(box, leftMs) {
	const others = new BroadcastChannel("signed-in");
	let until = 0, shown = "", timer;

	function say(what, text, ...more) {
		if (shown !== what)
			box.replaceChildren(...(text ? [element("p", text), ...more] : []));
		shown = what;
	}
	function look() {
		const left = until - Date.now();
		clearTimeout(timer);
		if (left <= 0) {
			say("over", "You have been signed out. What you wrote is still on this page.",
				element("a", "Sign in, in another tab", { className: "btn btn-primary", href: location.href, target: "_blank" }));
			return;
		}
		if (left > WARN_MS)
			say("", "");
		else if (shown !== "last")
			say("soon", "You will be signed out in two minutes, for nothing was done here.",
				element("button", "Stay signed in", { className: "btn btn-primary", type: "button", onclick: stay }));
		timer = setTimeout(look, left > WARN_MS ? left - WARN_MS : left);
	}
	function keep(ms) {
		until = Math.max(until, Date.now() + ms);
		look();
	}
	async function stay() {
		try {
			const reply = await fetch("/admin/me/left", { redirect: "error" });
			const ms = Number(await reply.text()) * 1000;
			if (!reply.ok)
				throw new Error(reply.status);
			if (ms <= WARN_MS)
				say("last", "A sign-in lasts eight hours at most, and this one ends now. Sign in again in another tab.");
			others.postMessage(ms);
			keep(ms);
		} catch {
			say("failed", "That did not work. What you wrote is still on this page.",
				element("a", "Sign in, in another tab", { className: "btn btn-primary", href: location.href, target: "_blank" }));
		}
	}
	others.onmessage = ({ data }) => keep(data);
	document.addEventListener("visibilitychange", look);
	addEventListener("pageshow", look);
	others.postMessage(leftMs);
	keep(leftMs);
}
if (document.getElementById("idle"))
	watchSignIn(document.getElementById("idle"), Number(document.body.dataset.leftS) * 1000);
