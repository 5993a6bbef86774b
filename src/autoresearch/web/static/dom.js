"use strict";
// Elements from data. Text only ever becomes text: nothing here, or anywhere on the page, parses what it is given as HTML.

/** An element: el("p", {class: "quiet"}, "words", another). Empty children are left out. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** An element of a picture. */
function draw(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The one element with this id. */
function byId(id) {
  return document.getElementById(id);
}

/** A description list of [name, value, note]; lines without a value are left out. */
function sheet(lines) {
  const shown = lines.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const rows = shown.map(([name, value, note]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value, note ? el("span", {class: "quiet"}, ` ${note}`) : "")));
  return el("dl", {class: "sheet"}, rows);
}

/** A table in a box of its own that scrolls sideways. */
function grid(name, head, rows) {
  const body = rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell))));
  return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": name},
    el("table", {},
      el("thead", {}, el("tr", {}, head.map((cell) => el("th", {scope: "col"}, cell)))),
      el("tbody", {}, body)));
}

/** Seconds as people say them. */
function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** The answers a frozen page brings along; null where there is a server to ask. */
const frozen = byId("frozen") && JSON.parse(byId("frozen").textContent);

/** Of the same picture in several widths the one that has to be stretched least. */
function fitting(pictures, width) {
  const stretch = (each) => Math.abs(Math.log(each.width / width));
  return pictures.filter(Boolean).sort((a, b) => stretch(a) - stretch(b))[0] || null;
}

/** A frozen page's answer. Throws an Error where it has none. */
function thawed(path) {
  const [at, asked] = path.split("?");
  if (at === "/api/picture") return fitting(frozen[at], Number(new URLSearchParams(asked).get("width")));
  const pair = at.match(/^\/api\/compare\/(\d+)\/(\d+)$/);
  if (pair) return {sides: [1, 2].map((place) => thawed(`/api/experiments/${pair[place]}`)), patch: null};
  if (!(at in frozen)) throw new Error(`It is not on this frozen page: autoresearch show ${at.split("/").pop()} has it.`);
  return frozen[at];
}

/** What is asked for, as JSON. Throws an Error that says what the server said. */
async function ask(path, options = {}) {
  if (frozen) return thawed(path);
  const answer = await fetch(path, options);
  const text = await answer.text();
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error(text.trim() || `the server answered ${answer.status}`);
  }
  if (!answer.ok) throw new Error([data.error, data.fix].filter(Boolean).join(" Next: ") || `the server answered ${answer.status}`);
  return data;
}
