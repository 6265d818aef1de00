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

// Times show in the reader's own zone when pointed at.
for (const time of document.querySelectorAll("time[datetime]")) {
	const date = new Date(time.dateTime);
	if (!isNaN(date))
		time.title = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

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
