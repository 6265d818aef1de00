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

// "/" goes to the search field.
document.addEventListener("keydown", (event) => {
	const field = document.getElementById("q");
	if (event.key !== "/" || !field || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName))
		return;
	event.preventDefault();
	field.focus();
});
