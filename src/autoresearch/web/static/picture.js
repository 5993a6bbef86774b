"use strict";
// The staircase, as the report draws it. Its dots can be pointed at.

const picture = {shown: null, busy: false, again: false, asked: false, rest: 0, width: 0};

/** Asks for the drawing in the width there is, not oftener than it is cheap to make; at once where a person waits for it. */
async function redraw() {
  if (picture.busy || (Date.now() < picture.rest && !picture.asked)) {
    if (!picture.again) setTimeout(() => { picture.again = false; redraw(); }, Math.max(200, picture.rest - Date.now()));
    picture.again = true;
    return;
  }
  const figure = byId("picture");
  figure.hidden = !study.summary.epochs.length;
  picture.width = Math.round(figure.clientWidth);
  if (figure.hidden || !picture.width) return;
  [picture.busy, picture.asked] = [true, false];
  const began = Date.now();
  try {
    show(await ask(`/api/picture?width=${picture.width}`));
  } finally {
    picture.busy = false;
    picture.rest = Date.now() + Math.min(10000, Math.max(500, 10 * (Date.now() - began)));
    if (picture.asked && Math.round(figure.clientWidth) !== picture.width) redraw();
  }
}

/** Puts a drawing up. It is ours, parsed as a picture, never as a page. */
function show(made) {
  const parsed = new DOMParser().parseFromString(made.svg, "image/svg+xml").documentElement;
  const drawing = document.importNode(parsed, true);
  picture.shown = made;
  picture.drawing = drawing;
  byId("picture").querySelector(".drawing").replaceChildren(drawing);
  byId("picture").querySelector("figcaption").textContent = made.description;
  markActive();
}

/** Where an experiment is in the drawing; null when it is of another epoch. */
function spot(row) {
  const {plot, x, y, epoch} = picture.shown;
  if (cell(row, "epoch") !== epoch) return null;
  const across = plot.left + (cell(row, "number") - x[0]) / (x[1] - x[0]) * (plot.right - plot.left);
  const value = cell(row, "value");
  if (value === null) return [across, plot.bottom + 12];
  const up = plot.bottom - (value - y[0]) / (y[1] - y[0]) * (plot.bottom - plot.top);
  return [across, Math.min(plot.bottom, Math.max(plot.top, up))];
}

/** The experiment nearest to the pointer, within reach of a finger. */
function nearest(event) {
  if (!picture.shown) return null;
  const box = picture.drawing.getBoundingClientRect();
  const scale = picture.shown.width / box.width;
  const [px, py] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  let [best, reach] = [null, 24 * scale];
  for (const row of study.rows) {
    const at = row && spot(row);
    const far = at ? Math.hypot(at[0] - px, at[1] - py) : Infinity;
    if (far < reach) [best, reach] = [row, far];
  }
  return best;
}

function makePicture(open) {
  const figure = byId("picture");
  const tip = figure.querySelector(".tip");
  const drawing = figure.querySelector(".drawing");
  drawing.addEventListener("pointermove", (event) => {
    const row = nearest(event);
    tip.hidden = !row;
    drawing.classList.toggle("hit", Boolean(row));
    if (row) tip.textContent = `#${cell(row, "number")} ${fate(row)[0]}, ${worded(cell(row, "value"), cell(row, "epoch"), true)}: ${cell(row, "summary")}`;
  });
  drawing.addEventListener("pointerleave", () => { tip.hidden = true; });
  drawing.addEventListener("click", (event) => {
    const row = nearest(event);
    if (row) open(cell(row, "number"));
  });
  new ResizeObserver(() => { if (study.summary && Math.abs(figure.clientWidth - picture.width) > 8) redraw(); }).observe(figure);
}

/** A ring around the experiment that is open. */
function markActive() {
  if (!picture.drawing) return;
  for (const ring of picture.drawing.querySelectorAll(".here")) ring.remove();
  const row = study.rows[table.active];
  const at = row && spot(row);
  if (at) picture.drawing.append(draw("circle", {class: "here", cx: at[0], cy: at[1], r: 9}));
}
