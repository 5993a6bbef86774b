"use strict";
// Puts the page together: loads the study, follows it, and shows what the address says.

const VIEWS = ["experiments", "lineage", "study", "now", "compare", "report"].filter(byId);
const left = {}; // how far down each view was when another took its place

/** Shows one view, and where we are in the bar. A view begins at its top; the experiments, where they were left. */
function view(name) {
  const before = VIEWS.find((each) => !byId(each).hidden);
  left[before] = scrollY;
  for (const each of VIEWS) byId(each).hidden = each !== name;
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.getAttribute("href") === (name === "experiments" ? "#/" : `#/${name}`);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (name !== before) scrollTo(0, name === "experiments" ? left[name] || 0 : 0);
}

/** What the address says: #/, #/n/12, #/compare/3/7, #/lineage, #/study, #/now. Where it says nothing, nothing old is left. */
async function route() {
  picture.asked = true; // what is opened leaves the picture another width
  for (const id of ["notice", "said"]) byId(id).textContent = "";
  const [, name, one, other] = (location.hash || "#/").split("/");
  try {
    if (name === "n") {
      view("experiments");
      setActive(known(one));
      markActive();
      await openCloseup(known(one), closeCloseup);
    } else if (name === "compare") {
      view("compare");
      byId("compare").replaceChildren();
      await openComparison(known(one), known(other));
    } else if (["lineage", "study", "now", "report"].includes(name) && byId(name)) {
      view(name);
      if (name === "lineage") openLineage();
      if (name === "study") openStudy();
      if (name === "now") showEnd();
    } else {
      view("experiments");
      byId("closeup").hidden = true;
      paintRows(true);
    }
  } catch (error) {
    byId("closeup").hidden = true;
    byId("news").textContent = byId("notice").textContent = error.message;
  }
}

/** The number of an experiment there is. Throws an Error for any other. */
function known(text) {
  if (study.rows[Number(text)]) return Number(text);
  throw new Error(study.rows.length ? `There is no such experiment: the newest is #${study.rows.length - 1}.` : "No experiment is finished yet.");
}

function open(number) {
  if (location.hash === `#/n/${number}`) route();
  else location.hash = `#/n/${number}`;
}

function closeCloseup() {
  location.hash = "#/";
  table.box.focus({preventScroll: true});
}

/** Says what a word to the study came to, to who sees it and to who hears it. */
function say(words) {
  byId("news").textContent = byId("said").textContent = words;
}

/** Everything that changes when the study does. */
function paint(fresh) {
  paintBar();
  paintHeadline();
  byId("control").querySelector("[data-word=untell]").hidden = !study.summary.told.length;
  arrange();
  if (!byId("experiments").hidden) redraw();
  if (!byId("study").hidden) openStudy();
  const last = fresh[fresh.length - 1];
  if (last) byId("news").textContent = `Experiment ${cell(last, "number")}: ${fate(last)[0]}, ${worded(cell(last, "value"), cell(last, "epoch"), true)}`;
}

/** Of another tool's ledger nothing was certified here, and nothing can be said to it. */
function fitImported() {
  if (!isImported()) return;
  document.body.dataset.imported = "yes";
  byId("control").hidden = true;
  document.querySelector("nav [data-live]").remove();
  for (const option of byId("filter").querySelectorAll("[data-ours]")) option.remove();
}

function follow() {
  if (frozen) return;
  const source = new EventSource(`/api/live?since=${study.turn}`);
  source.onmessage = (event) => paint(takeIn(JSON.parse(event.data)));
  source.addEventListener("printed", (event) => paintPrinted(JSON.parse(event.data)));
  source.onerror = () => {
    byId("state").dataset.state = "lost";
    byId("state").textContent = "connection lost, trying again";
  };
  source.addEventListener("end", (event) => {
    source.close();
    byId("state").dataset.state = "lost";
    byId("state").textContent = "not followed any more";
    byId("alarms").replaceChildren(el("p", {}, JSON.parse(event.data)));
  });
  source.onopen = paintBar;
}

/** Lets a person speak to the study, where the server allows it. */
function makeControl() {
  const [fold, form] = [byId("control"), byId("control").querySelector("form")];
  fold.hidden = document.body.dataset.control !== "yes";
  fold.open = matchMedia("(min-width: 721px)").matches;
  const send = async (word, text = "") => {
    try {
      const headers = {"Content-Type": "application/json"};
      say((await ask("/api/word", {method: "POST", headers, body: JSON.stringify({word, text})})).said);
      if (word === "tell") byId("tell").value = "";
    } catch (error) {
      say(error.message);
    }
  };
  for (const button of form.querySelectorAll("[data-word]")) button.addEventListener("click", () => send(button.dataset.word));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (byId("tell").value.trim()) send("tell", byId("tell").value);
    else say("There is nothing to tell: write what the next agents should know or do.");
  });
}

async function start() {
  if (location.search) history.replaceState(null, "", location.pathname + location.hash);
  makeTable(open);
  makePicture(open);
  makeControl();
  try {
    takeIn(await ask("/api/study"));
  } catch (error) {
    byId("state").textContent = error.message;
    return;
  }
  fitImported();
  paint([]);
  performance.mark("rows");
  await route();
  addEventListener("hashchange", route);
  addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape" && !byId("closeup").hidden) closeCloseup();
    if (event.key === "/" && !typing && !byId("experiments").hidden) {
      event.preventDefault();
      byId("search").focus();
    }
  });
  setInterval(() => { if (study.summary.status.step && byId("state").dataset.state !== "lost") paintBar(); }, 1000);
  document.body.dataset.ready = "yes";
  follow();
}

start();
