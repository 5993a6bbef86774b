"use strict";
// The study as the page knows it: rows by number, and what is said of the whole.

const TONES = {certified: "proven", provisional: "open", "kept, by their word": "open", "rolled back": "undone"};
const study = {rows: [], summary: null, turn: -1, at: {}};

/** Takes in what the server sent; returns the rows that are new. */
function takeIn(news) {
  study.turn = news.turn;
  study.summary = news.summary;
  study.at = Object.fromEntries(news.summary.columns.map((name, place) => [name, place]));
  const first = study.rows.length;
  for (const row of news.rows) study.rows[row[0]] = row;
  return study.rows.slice(first);
}

/** One cell of a row, by the column's name. */
function cell(row, name) {
  return row[study.at[name]];
}

/** Whether all of it is another tool's word. */
function isImported() {
  return Object.keys(study.summary.status.imported).length > 0;
}

/** How numbers of an epoch are written. */
function figures(number) {
  const epochs = study.summary.epochs;
  return epochs.find((epoch) => epoch.number === number) || epochs[epochs.length - 1] || {decimals: null, unit: ""};
}

/** A value in the figures of an epoch: as many decimals as its noise makes meaningful. */
function worded(value, epoch, unit = false) {
  if (value === null || value === undefined) return "–";
  const {decimals, unit: name} = figures(epoch);
  const wide = decimals === null || Math.abs(value) >= 1e15;
  const fixed = {minimumFractionDigits: decimals ?? 0, maximumFractionDigits: decimals ?? 0};
  const text = wide ? String(Number(value.toPrecision(6))) : value.toLocaleString("en", fixed);
  return text.replace("-", "−") + (unit && name ? ` ${name}` : "");
}

/** A money amount; unknown is said, never shown as nothing. */
function money(value) {
  return value === null || value === undefined ? "unknown" : `US$ ${Number(value.toPrecision(3))}`;
}

/** How many of these rows are experiments: a baseline tries nothing. */
function tried(rows) {
  return rows.reduce((many, row) => many + !cell(row, "baseline"), 0);
}

/** The word for what became of a row, and the tone it is painted in. */
function fate(row) {
  const standing = cell(row, "standing");
  if (standing) return [standing, TONES[standing] || "plain"];
  const outcome = cell(row, "outcome");
  const calm = outcome === "discard" || outcome === "keep";
  return [outcome === "keep" ? "baseline" : outcome.replaceAll("_", " "), calm ? "plain" : "undone"];
}

/** A badge. */
function badge([word, tone]) {
  return el("span", {class: `badge ${tone}`}, word);
}
