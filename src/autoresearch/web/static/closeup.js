"use strict";
// One experiment to read, and two side by side.

/** A patch, line by line, each with its kind. */
function patchOf(patch, name) {
  if (!patch) return el("p", {class: "quiet"}, "There is no patch to show.");
  if (!patch.lines.length) return el("p", {class: "quiet"}, "The code is the same.");
  const lines = patch.lines.flatMap(([kind, text]) => [el("span", {class: kind}, text || " "), "\n"]);
  return el("div", {},
    el("p", {class: "quiet"}, el("span", {class: "plus"}, `+${patch.added}`), " ", el("span", {class: "minus"}, `−${patch.removed}`),
      patch.cut ? `, ${patch.cut} more lines are not shown` : ""),
    el("pre", {class: "diff", tabindex: "0", "aria-label": name}, lines));
}

function runsOf(found) {
  if (!found.runs.length) return el("p", {class: "quiet"}, "Nothing was measured.");
  const rows = found.runs.map((run) => [
    run.side, run.value === null ? run.foul || "unknown" : worded(run.value, found.epoch, true), duration(run.seconds),
    run.foreign_load === null ? "–" : `${run.foreign_load.toFixed(2)} cores`, String(run.seed),
  ]);
  return grid("runs", ["side", "value", "took", "foreign load", "seed"], rows);
}

/** Names and values of all that is known in one word or a line. */
function factsOf(found) {
  return [
    ["hypothesis", found.hypothesis],
    ["verdict", found.reason],
    ["cause", found.cause],
    ["agent", [found.agent, found.agent_version].filter(Boolean).join(" ")],
    ["size", found.size],
    ["took", found.seconds === null ? "" : duration(found.seconds), found.agent_seconds ? `the agent ${duration(found.agent_seconds)} of it` : ""],
    ["cost", money(found.cost_usd), found.tokens !== null ? `${found.tokens.toLocaleString("en")} tokens` : found.cost_usd === null ? "" : "tokens unknown"],
    ["commit", found.commit ? found.commit.slice(0, 9) : "none", `on ${found.parent.slice(0, 9)}`],
    ["started", found.started],
  ];
}

/** Shows experiment `number`; `close` takes it away again. */
async function openCloseup(number, close) {
  const place = byId("closeup");
  const found = await ask(`/api/experiments/${number}`);
  const row = study.rows[number];
  place.replaceChildren(
    el("p", {class: "closeup-tools"},
      el("button", {type: "button", onclick: () => togglePair(number)}, "Compare"),
      el("button", {type: "button", class: "close", onclick: close}, "Close")),
    el("h2", {id: "closeup-name", tabindex: "-1"}, `#${number} ${found.summary || "(no summary)"}`),
    el("p", {class: "tags"}, row ? badge(fate(row)) : "", found.unsafe ? badge(["unsafe", "undone"]) : ""),
    el("p", {class: "sentence"}, found.sentence),
    sheet(factsOf(found)),
    el("h3", {}, "Runs"), runsOf(found),
    el("h3", {}, "Patch"), patchOf(found.patch, `patch of experiment ${number}`),
    found.log_tail.length ? el("details", {}, el("summary", {}, "End of its log"), el("pre", {class: "diff", tabindex: "0"}, found.log_tail.join("\n"))) : "",
  );
  place.hidden = false;
  place.scrollIntoView({block: "nearest"});
  byId("closeup-name").focus({preventScroll: true});
}

/** Every run of two experiments on one axis, drawn for a width in pixels so that its words stay readable. */
function strip(sides, width) {
  const values = sides.map((found) => found.runs.filter((run) => run.side === "candidate" && run.value !== null).map((run) => run.value));
  const all = values.flat();
  if (all.length < 2 || sides[0].epoch !== sides[1].epoch) return "";
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const [left, right] = [44, width - 20];
  const at = (value) => left + (value - low) / (high - low || 1) * (right - left);
  const dots = values.flatMap((mine, side) => [
    draw("text", {x: 8, y: 30 + 34 * side}, `#${sides[side].number}`),
    draw("path", {class: "axis", d: `M${left} ${26 + 34 * side}H${right}`}),
    ...mine.map((value) => draw("circle", {class: `side${side}`, cx: at(value), cy: 26 + 34 * side, r: 5})),
  ]);
  const ends = [[left, low, "start"], [right, high, "end"]].map(([x, value, anchor]) =>
    draw("text", {x, y: 90, "text-anchor": anchor}, worded(value, sides[0].epoch, true)));
  const made = draw("svg", {viewBox: `0 0 ${width} 98`, width, height: 98, class: "strip", role: "img"}, draw("title", {}, "every run of both"), ...dots, ...ends);
  return el("figure", {class: "strips"}, made);
}

/** Shows two experiments side by side. */
async function openComparison(one, other) {
  const {sides, patch} = await ask(`/api/compare/${one}/${other}`);
  const facts = sides.map((found) => new Map([
    ["change", found.summary], ["outcome", fate(study.rows[found.number])[0]],
    ["value", worded(found.value, found.epoch, true)], ["what it shows", found.sentence],
    ...factsOf(found).map(([name, value, note]) => [name, [value, note].filter(Boolean).join(", ")]),
  ]));
  const rows = [...facts[0].keys()].filter((name) => facts.some((side) => side.get(name)));
  const apart = sides[0].epoch !== sides[1].epoch ? el("p", {class: "warning"}, "They are of different epochs: their numbers do not compare.") : "";
  byId("compare").replaceChildren(
    el("h2", {tabindex: "-1"}, `#${one} beside #${other}`), apart, strip(sides, Math.min(720, byId("compare").clientWidth) - 34),
    el("div", {class: "scroll versus"}, el("table", {},
      el("thead", {}, el("tr", {}, el("th", {}, ""), sides.map((found) => el("th", {scope: "col"}, el("a", {href: `#/n/${found.number}`}, `#${found.number}`))))),
      el("tbody", {}, rows.map((name) => el("tr", {}, el("th", {scope: "row"}, name), facts.map((side) => el("td", {class: "words"}, side.get(name) || "–"))))))),
    el("h3", {}, `From the code of #${one} to that of #${other}`), patchOf(patch, "patch between the two"),
  );
}
