"use strict";
// What is said of the whole study: the claim on top, and the page about the night.

/** The headline, as the report has it. */
function paintHeadline() {
  const {headline, tags, facts} = study.summary;
  const levels = headline.after ? el("p", {class: "levels"},
    headline.before ? [el("span", {class: "before"}, headline.before), " ", el("span", {class: "arrow", "aria-label": "to"}, "→"), " "] : "",
    el("span", {class: "after"}, headline.after)) : "";
  const boxes = facts.map((fact) => el("div", {}, el("dt", {}, fact.name), el("dd", {}, fact.value), el("dd", {class: "quiet"}, fact.note)));
  byId("headline").replaceChildren(
    el("div", {class: headline.proven ? "claim" : "claim unproven"}, levels, el("h1", {}, headline.claim), el("p", {class: "detail"}, headline.detail),
      el("p", {class: "tags"}, tags.map(([tone, text]) => badge([text, tone])))),
    el("dl", {class: "facts"}, boxes));
}

/** Name, state, what is done now, alarms. */
function paintBar() {
  const {status} = study.summary;
  byId("name").textContent = status.study || "autoresearch";
  document.title = `${status.study}: ${study.summary.headline.claim}`;
  const step = frozen ? null : status.step;
  const state = byId("state");
  const where = isImported() ? "imported, read-only" : status.state;
  state.dataset.state = frozen ? "frozen" : status.state;
  const since = step ? Math.max(0, (Date.now() - Date.parse(step.began)) / 1000) : 0;
  state.textContent = step ? `${status.state}: ${step.step}, ${duration(since)}` : frozen ? `as it was on ${status.frozen}` : where;
  if (byId("doing")) byId("doing").textContent = step ? step.step : "Nothing runs";
  const place = byId("alarms");
  if (place.dataset.text !== status.alarms.join("\n")) place.replaceChildren(...alarms().slice(-5));
  place.dataset.text = status.alarms.join("\n");
}

/** What calls for a person since the newest night began. */
function alarms() {
  return study.summary.status.alarms.map((text) => el("p", {class: "alarm"}, text));
}

/** Each limit of the budget, and how much of it is used. */
function meters(budget) {
  const names = {experiments: "experiments", hours: "hours", cost_usd: "US$", tokens: "tokens", certificates: "certificates"};
  const rows = Object.entries(names).filter(([key]) => budget[key] && budget[key].limit !== null).map(([key, name]) => {
    const {limit, used} = budget[key];
    const [scale, unit] = key === "hours" && limit < 1 ? [60, "minutes"] : [1, name];
    const amount = (number, places) => Number((scale * number).toFixed(places)).toLocaleString("en");
    const said = `${used === null ? "unknown" : amount(used, scale > 1 ? 1 : 2)} of ${amount(limit, 4)} ${unit}`;
    return el("div", {}, el("dt", {}, said), el("dd", {}, used === null ? "" : el("progress", {max: limit || 1, value: Math.min(used, limit), "aria-label": said})));
  });
  return rows.length ? el("dl", {class: "sheet meters"}, rows) : el("p", {class: "quiet"}, "No limit is set.");
}

/** The page about the study: budget, trust, noise, spend, certificates. */
function openStudy() {
  const {status, lines, noise, spend, certificates, epochs, told} = study.summary;
  const epoch = epochs[epochs.length - 1];
  const triples = (name, items) => items.length
    ? el("section", {}, el("h3", {}, name), sheet(items.map((line) => [line.name, line.value, line.note]))) : "";
  const properties = Object.entries(status.sandbox.properties).map(([name, holds]) => [name.replaceAll("_", " "), badge(holds ? ["proven here", "proven"] : ["not given", "undone"])]);
  const proofs = certificates.map((each) => [String(each.number), badge([each.ruling, each.tone]), el("a", {href: `#/n/${each.experiment}`}, `#${each.experiment}`), String(each.n), each.p, `${each.mean} (${each.mean_interval})`, `${each.gain} (${each.gain_interval})`]);
  byId("study").replaceChildren(
    el("h2", {tabindex: "-1"}, "Study"), ...alarms(), sheet(lines),
    el("div", {class: "two"},
      isImported() ? "" : el("section", {}, el("h3", {}, "Budget"), meters(status.budget)),
      triples("Spend", spend), triples("Noise", noise),
      properties.length ? el("section", {}, el("h3", {}, `Sandbox: ${status.sandbox.backend}`), sheet(properties)) : "",
      epoch && epoch.machine.length ? el("section", {}, el("h3", {}, "Machine"), sheet(epoch.machine)) : "",
      told.length ? el("section", {}, el("h3", {}, "Told to the next agents"), el("ul", {}, told.map((text) => el("li", {}, text)))) : ""),
    ...(isImported() ? [] : certified(proofs)));
}

function certified(proofs) {
  const heads = ["#", "ruling", "experiment", "runs a side", "p", "mean, 95 %", "gain, 95 %"];
  return [el("h3", {}, "Certificates"), proofs.length ? grid("certificates", heads, proofs) : el("p", {class: "quiet"}, "None was given yet.")];
}
