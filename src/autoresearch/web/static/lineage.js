"use strict";
// What grew out of what: the kept changes from the base to the tip, side branches indented, and how much was tried from each.

const TRIED = 60;

/** Draws the tree from the rows. */
function openLineage() {
  const kept = study.rows.filter((row) => cell(row, "standing"));
  const children = new Map();
  for (const row of study.rows) {
    const from = cell(row, "from");
    if (!children.has(from)) children.set(from, []);
    children.get(from).push(row);
  }
  const trunk = trunkOf();
  const lead = kept.length
    ? "From the oldest to the newest. The line down the side is what the tip is made of; what was rolled back or left stands indented."
    : "Nothing was kept so far, so nothing grew.";
  byId("lineage").replaceChildren(el("h2", {tabindex: "-1"}, "Lineage"), el("p", {class: "quiet"}, lead),
    el("ol", {class: "tree"}, branch(null, children, trunk)));
}

/** Numbers of the experiments the tip is made of. */
function trunkOf() {
  const numbers = new Set();
  const tip = study.summary.status.tip;
  for (let at = tip ? tip.experiment : null; at !== null && study.rows[at] && !numbers.has(at); at = cell(study.rows[at], "from")) numbers.add(at);
  return numbers;
}

/** The items from one node on: along the main child, the other kept children as lists within. */
function branch(start, children, trunk) {
  const items = [];
  for (let at = start, first = true; first || at !== null; first = false) {
    const grown = (children.get(at) || []).filter((row) => cell(row, "standing"));
    const tried = (children.get(at) || []).filter((row) => !cell(row, "standing") && cell(row, "outcome") !== "keep");
    const main = grown.find((row) => trunk.has(cell(row, "number"))) || (trunk.has(at) || at === null ? null : grown[grown.length - 1]) || null;
    const sides = grown.filter((row) => row !== main);
    items.push(node(at, tried, sides.map((row) => el("ol", {}, branch(cell(row, "number"), children, trunk))), trunk));
    at = main ? cell(main, "number") : null;
    if (at === null) break;
  }
  return items;
}

function node(number, tried, sides, trunk) {
  const row = number === null ? null : study.rows[number];
  const name = row
    ? [el("a", {href: `#/n/${number}`}, `#${number}`), " ", badge(fate(row)), " ", el("b", {}, worded(cell(row, "value"), cell(row, "epoch"))), " ", cell(row, "summary")]
    : ["the base, as the study found it"];
  return el("li", {class: number === null || trunk.has(number) ? "trunk" : "side"}, el("p", {}, name), leaves(tried), sides);
}

/** What was tried from a node and not kept, listed when asked for. */
function leaves(tried) {
  if (!tried.length) return "";
  const made = el("details", {}, el("summary", {}, `${tried.length.toLocaleString("en")} tried from here`));
  made.addEventListener("toggle", () => {
    if (made.childElementCount > 1) return;
    const items = tried.slice(0, TRIED).map((row) =>
      el("li", {}, el("a", {href: `#/n/${cell(row, "number")}`}, `#${cell(row, "number")}`), ` ${fate(row)[0]}, ${worded(cell(row, "value"), cell(row, "epoch"))}: ${cell(row, "summary")}`));
    made.append(el("ul", {}, items), tried.length > TRIED ? el("p", {class: "quiet"}, `and ${tried.length - TRIED} more`) : "");
  }, {once: false});
  return made;
}
