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

// Ctrl-K goes to the search of everything; "/" to that of the list on the page, if it has one.
document.addEventListener("keydown", (event) => {
	const everything = document.getElementById("find");
	const command = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
	const field = command ? everything : document.getElementById("q") ?? everything;
	const writing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
	if (!field || !(command || (event.key === "/" && !writing)))
		return;
	event.preventDefault();
	field.focus();
	field.select();
});
