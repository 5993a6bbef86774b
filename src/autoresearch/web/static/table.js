"use strict";
// The experiments, ten thousand of them if need be: only the rows in sight exist.

const SORTS = [
  ["number", "#"], ["fate", "outcome"], ["value", "value"], ["summary", "change"],
  ["agent", "agent"], ["seconds", "took"], ["cost_usd", "cost"],
];
const SPARE = 8;
const table = {order: [], active: null, by: "number", down: true, pair: [], haystacks: new WeakMap(), made: new Map()};

/** Builds the head and the empty body once. */
function makeTable(open) {
  table.open = open;
  const heads = SORTS.map(([name, words]) =>
    el("span", {role: "columnheader", class: `c-${name}`},
      el("button", {type: "button", "data-sort": name, onclick: () => sortBy(name)}, words)));
  table.body = el("div", {class: "body", role: "rowgroup"});
  table.box = el("div", {
    class: "window", role: "grid", tabindex: "0", "aria-label": "Experiments", "aria-multiselectable": "true",
    onkeydown: onKey, onscroll: () => requestAnimationFrame(paintRows),
  }, el("div", {role: "rowgroup", class: "heads"},
    el("div", {role: "row", class: "row head"}, el("span", {role: "columnheader", class: "c-pair"}, "compare"), heads)),
  table.body);
  byId("table").replaceChildren(table.box);
  byId("search").addEventListener("input", arrange);
  byId("filter").addEventListener("change", arrange);
  new ResizeObserver(() => paintRows(true)).observe(table.box);
}

function sortBy(name) {
  table.down = table.by === name ? !table.down : name === "number";
  table.by = name;
  arrange();
}

/** Works out which rows are shown, in which order, and keeps what was looked at in sight. */
function arrange() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = byId("filter").value;
  const anchor = table.box.scrollTop > 0 ? table.order[Math.floor(table.box.scrollTop / height())] : null;
  table.order = study.rows.filter((row) => isWanted(row, wanted) && words.every((word) => haystack(row).includes(word)));
  const way = table.down ? -1 : 1;
  table.order.sort((a, b) => way * compareCells(sortKey(a), sortKey(b)) || cell(a, "number") - cell(b, "number"));
  byId("shown").textContent = counted();
  if (anchor) keepInPlace(anchor);
  paintRows(true);
}

/** How many experiments are shown, and of how many; baselines are rows, but none of them. */
function counted() {
  const [shown, all] = [tried(table.order), tried(study.rows)].map((many) => many.toLocaleString("en"));
  const part = table.order.length === study.rows.length ? "" : `${shown} of `;
  return `${part}${all} ${all === "1" ? "experiment" : "experiments"}`;
}

function keepInPlace(anchor) {
  const place = table.order.findIndex((row) => row[0] === anchor[0]);
  if (place >= 0) {
    table.body.style.height = `${table.order.length * height()}px`;
    table.box.scrollTop = place * height() + (table.box.scrollTop % height());
  }
}

function isWanted(row, wanted) {
  const [outcome, standing] = [cell(row, "outcome"), cell(row, "standing")];
  if (wanted === "kept") return standing !== "";
  if (wanted === "failed") return outcome !== "keep" && outcome !== "discard";
  return wanted === "" || outcome === wanted || standing === wanted;
}

function haystack(row) {
  if (!table.haystacks.has(row)) {
    const cells = ["summary", "hypothesis", "agent", "cause", "outcome", "standing"].map((name) => cell(row, name));
    table.haystacks.set(row, `#${cell(row, "number")} ${cells.join(" ")}`.toLowerCase());
  }
  return table.haystacks.get(row);
}

function sortKey(row) {
  return table.by === "fate" ? fate(row)[0] : cell(row, table.by);
}

/** Unknown goes last, whichever way the rest is sorted. */
function compareCells(a, b) {
  if (a === null || b === null) return (a === null) - (b === null) ? ((a === null) - (b === null)) * (table.down ? -1 : 1) : 0;
  return typeof a === "number" ? a - b : String(a).localeCompare(String(b));
}

function height() {
  return window.matchMedia("(max-width: 720px)").matches ? 62 : 38;
}

/** Puts the rows in sight where they belong; `anew` makes them again. */
function paintRows(anew = false) {
  if (anew === true) {
    table.made.clear();
    table.body.replaceChildren();
    paintHeads();
  }
  const [tall, box] = [height(), table.box];
  table.body.style.height = `${table.order.length * tall || 80}px`;
  const first = Math.max(0, Math.floor(box.scrollTop / tall) - SPARE);
  const last = Math.min(table.order.length, Math.ceil((box.scrollTop + box.clientHeight) / tall) + SPARE);
  for (const [place, row] of table.made) {
    if (place < first || place >= last) {
      row.remove();
      table.made.delete(place);
    }
  }
  for (let place = first; place < last; place += 1) {
    if (!table.made.has(place)) {
      const made = rowOf(table.order[place], place, tall);
      table.made.set(place, made);
      table.body.append(made);
    }
  }
  if (!table.order.length && !table.body.childElementCount) table.body.append(el("p", {class: "none quiet"}, study.rows.length ? "Nothing fits." : "No experiment is finished yet."));
}

function paintHeads() {
  table.box.setAttribute("aria-rowcount", table.order.length + 1);
  for (const button of table.box.querySelectorAll("[data-sort]")) {
    const way = button.dataset.sort === table.by ? (table.down ? "descending" : "ascending") : null;
    if (way) button.parentElement.setAttribute("aria-sort", way);
    else button.parentElement.removeAttribute("aria-sort");
  }
}

function rowOf(row, place, tall) {
  const number = cell(row, "number");
  const chosen = table.pair.includes(number);
  const made = el("div", {
    role: "row", class: "row", id: `row-${number}`, "aria-rowindex": place + 2,
    "aria-selected": String(number === table.active), onclick: () => choose(number),
  },
  el("span", {role: "gridcell", class: "c-pair"}, el("input", {
    type: "checkbox", tabindex: "-1", checked: chosen, "aria-label": `compare experiment ${number}`,
    onclick: (event) => { event.stopPropagation(); togglePair(number); },
  })),
  el("span", {role: "gridcell", class: "c-number"}, String(number)),
  el("span", {role: "gridcell", class: "c-fate"}, badge(fate(row))),
  el("span", {role: "gridcell", class: "c-value"}, worded(cell(row, "value"), cell(row, "epoch"))),
  el("span", {role: "gridcell", class: "c-summary"}, cell(row, "summary")),
  el("span", {role: "gridcell", class: "c-agent"}, cell(row, "agent")),
  el("span", {role: "gridcell", class: "c-seconds"}, duration(cell(row, "seconds"))),
  el("span", {role: "gridcell", class: "c-cost_usd"}, cell(row, "cost_usd") === null ? "unknown" : money(cell(row, "cost_usd"))));
  made.style.transform = `translateY(${place * tall}px)`;
  return made;
}

/** Opens an experiment and says so to who cannot see it. */
function choose(number) {
  setActive(number);
  table.open(number);
}

function setActive(number) {
  const place = table.order.findIndex((row) => row[0] === number);
  table.active = number;
  if (place < 0) return;
  const [top, tall] = [place * height(), height()];
  const head = table.box.querySelector(".heads").offsetHeight;
  if (top < table.box.scrollTop) table.box.scrollTop = top;
  if (top + tall > table.box.scrollTop + table.box.clientHeight - head) table.box.scrollTop = top + tall - table.box.clientHeight + head;
  paintRows(true);
  table.box.setAttribute("aria-activedescendant", `row-${number}`);
}

function onKey(event) {
  if (event.target !== table.box) return;
  const here = table.order.findIndex((row) => row[0] === table.active);
  const page = Math.max(1, Math.floor(table.box.clientHeight / height()) - 2);
  const last = table.order.length - 1;
  const moves = {ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page, Home: 0, End: last};
  if (event.key in moves && last >= 0) {
    setActive(table.order[Math.min(last, Math.max(0, moves[event.key]))][0]);
  } else if (event.key === "Enter" && here >= 0) {
    choose(table.active);
  } else if ((event.key === "c" || event.key === " ") && here >= 0) {
    togglePair(table.active);
  } else {
    return;
  }
  event.preventDefault();
}

/** Takes an experiment into the comparison, or out of it; the oldest of three goes. */
function togglePair(number) {
  table.pair = table.pair.includes(number) ? table.pair.filter((each) => each !== number) : [...table.pair, number].slice(-2);
  paintRows(true);
  const bar = byId("pair");
  bar.hidden = !table.pair.length;
  if (table.pair.length === 2) {
    const [a, b] = [...table.pair].sort((x, y) => x - y);
    bar.replaceChildren(el("a", {class: "button", href: `#/compare/${a}/${b}`}, `Compare #${a} with #${b}`));
  } else if (table.pair.length) {
    bar.replaceChildren(`#${table.pair[0]} is taken: choose another one to compare it with.`);
  }
}
