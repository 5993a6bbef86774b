"use strict";
// Puts the page together: loads the study, follows it, and shows what the address says.

const VIEWS = ["experiments", "lineage", "study", "compare", "report"].filter(byId);

/** Shows one view, and where we are in the bar. */
function view(name) {
  for (const each of VIEWS) byId(each).hidden = each !== name;
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.getAttribute("href") === (name === "experiments" ? "#/" : `#/${name}`);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** What the address says: #/, #/n/12, #/compare/3/7, #/lineage, #/study. */
async function route() {
  byId("notice").textContent = "";
  const [, name, one, other] = (location.hash || "#/").split("/");
  try {
    if (name === "n") {
      view("experiments");
      setActive(Number(one));
      markActive();
      await openCloseup(Number(one), closeCloseup);
    } else if (name === "compare") {
      view("compare");
      await openComparison(Number(one), Number(other));
    } else if (["lineage", "study", "report"].includes(name) && byId(name)) {
      view(name);
      if (name === "lineage") openLineage();
      if (name === "study") openStudy();
    } else {
      view("experiments");
      byId("closeup").hidden = true;
      paintRows(true);
    }
  } catch (error) {
    say(error.message);
  }
}

function open(number) {
  if (location.hash === `#/n/${number}`) route();
  else location.hash = `#/n/${number}`;
}

function closeCloseup() {
  location.hash = "#/";
  table.box.focus({preventScroll: true});
}

/** Says a thing to who sees it and to who hears it. */
function say(words) {
  byId("news").textContent = words;
  byId(byId("control").hidden ? "notice" : "said").textContent = words;
}

/** Everything that changes when the study does. */
function paint(fresh) {
  paintBar();
  paintHeadline();
  arrange();
  if (!byId("experiments").hidden) redraw();
  if (!byId("study").hidden) openStudy();
  const last = fresh[fresh.length - 1];
  if (last) byId("news").textContent = `Experiment ${cell(last, "number")}: ${fate(last)[0]}, ${worded(cell(last, "value"), cell(last, "epoch"), true)}`;
}

function follow() {
  if (frozen) return;
  const source = new EventSource(`/api/live?since=${study.turn}`);
  source.onmessage = (event) => paint(takeIn(JSON.parse(event.data)));
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
  const form = byId("control");
  form.hidden = document.body.dataset.control !== "yes";
  const send = async (word, text = "") => {
    try {
      const headers = {"Content-Type": "application/json"};
      say((await ask("/api/word", {method: "POST", headers, body: JSON.stringify({word, text})})).said);
    } catch (error) {
      say(error.message);
    }
  };
  for (const button of form.querySelectorAll("[data-word]")) button.addEventListener("click", () => send(button.dataset.word));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send("tell", byId("tell").value).then(() => { byId("tell").value = ""; });
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
