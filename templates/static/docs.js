// Comforts of the guide and the reference; every page says all it says without them.
"use strict";

// The address of the site, where a page names it.
for (const place of document.querySelectorAll("[data-base]"))
	place.textContent = location.origin;

// --- copy ---

for (const block of document.querySelectorAll("pre.copy")) {
	const button = document.createElement("button");
	const frame = document.createElement("div");
	button.type = "button";
	button.textContent = "Copy";
	frame.className = "copies";
	block.replaceWith(frame);
	frame.append(block, button);
	button.addEventListener("click", async () => {
		try {
			await navigator.clipboard.writeText(block.textContent);
			button.textContent = "Copied";
		} catch {
			getSelection().selectAllChildren(block);
			button.textContent = "Selected";
		}
		setTimeout(() => { button.textContent = "Copy"; }, 2000);
	});
}

// --- search: the index is a file, fetched when the field is first used ---

const field = document.getElementById("q");
const found = document.getElementById("found");
const HITS_MAX = 12;
let sections;

async function load() {
	sections ??= fetch("/docs/search.json").then((reply) => reply.json());
	return sections;
}

// Every word must be there. In the title counts most, then as a word, then as part of one.
function score(section, words) {
	const title = section.title.toLowerCase();
	let sum = 0;
	for (const word of words) {
		const inTitle = title.indexOf(word);
		const inWords = ` ${section.words}`.indexOf(word);
		if (inTitle < 0 && inWords < 0)
			return 0;
		sum += inTitle === 0 ? 8 : inTitle > 0 ? 5 : ` ${section.words}`.includes(` ${word} `) ? 2 : 1;
	}
	return sum;
}

async function search() {
	const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
	const hits = (await load())
		.map((section) => ({ section, points: words.length ? score(section, words) : 0 }))
		.filter(({ points }) => points > 0)
		.sort((a, b) => b.points - a.points)
		.slice(0, HITS_MAX);
	found.replaceChildren();
	found.hidden = words.length === 0;
	for (const { section } of hits) {
		const link = document.createElement("a");
		const page = document.createElement("span");
		link.href = section.url;
		link.textContent = section.title;
		page.textContent = section.page === section.title ? "" : section.page;
		link.append(page);
		found.append(link);
	}
	if (words.length > 0 && hits.length === 0)
		found.textContent = "Nothing has all of these words.";
}

document.getElementById("search").hidden = false;
field.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
	if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
		event.preventDefault();
		field.focus();
	}
	if (event.key === "Escape" && !found.hidden) {
		field.value = "";
		found.hidden = true;
		field.focus();
	}
	if (event.key === "Enter" && document.activeElement === field)
		found.querySelector("a")?.click();
});
found.addEventListener("click", () => { found.hidden = true; });
