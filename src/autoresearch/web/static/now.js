"use strict";
// What the candidate or the agent prints while it runs: its end, unless somebody went back to read.

/** Shows these lines, the newest last. */
function paintPrinted(lines) {
  const box = byId("printed");
  const follows = box.scrollHeight - box.scrollTop - box.clientHeight < 4;
  box.textContent = lines.length ? lines.join("\n") : "Nothing is being printed now.";
  if (follows) showEnd();
}

function showEnd() {
  const box = byId("printed");
  box.scrollTop = box.scrollHeight;
}
