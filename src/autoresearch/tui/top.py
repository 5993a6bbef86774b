"""The lines at the top: what is being done, where the study stands, what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.text import Text
from textual.widget import Widget

from autoresearch.report.imported import said_of
from autoresearch.tui.feed import Scene
from autoresearch.views.words import Figures, plain

BAR = 16
"""Cells of the bar that shows how far a step is."""

BUDGETS = {
    "experiments": "experiments",
    "hours": "h",
    "cost_usd": "US$",
    "tokens": "tokens",
    "certificates": "certificates",
}


class Top(Widget):
    """Four lines at most. The clock moves on its own; everything else is the scene's."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._scene: Scene | None = None
        self.step: dict[str, object] | None = None

    def show(self, scene: Scene) -> None:
        """Show another moment."""
        self._scene, self.step = scene, scene.status["step"]
        self.refresh(layout=True)

    def render(self) -> Text:
        """State and step; best, certified and budget; the newest alarm."""
        if self._scene is None:
            return Text("reading the ledger …", "dim")
        return Text("\n", no_wrap=True).join(_lines(self._scene, self.step, self.size.width or 80))


def _lines(scene: Scene, step: dict[str, object] | None, width: int) -> Iterator[Text]:
    yield _fitted(_state(scene, step), width)
    if scene.history.imported is not None:
        yield _fitted(Text(said_of(scene.history).claim), width)
        return
    standing, budget = _standing(scene), _budget(scene)
    if standing.cell_len + 2 + budget.cell_len <= width:
        yield Text("  ").join([standing, budget])
    else:
        yield _fitted(standing, width)
        yield _fitted(budget, width)
    if alarms := scene.status["alarms"]:
        more = f" (and {len(alarms) - 1} before)" if len(alarms) > 1 else ""
        yield _fitted(Text(f"alarm: {plain(alarms[-1], 300)}{more}", "bold red"), width)


def _fitted(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line


def _state(scene: Scene, step: dict[str, object] | None) -> Text:
    status = scene.status
    state = "stopping" if scene.history.stopping and step else str(status["state"])
    if status["imported"]:
        state = "imported, read-only"
    style = {"running": "bold green", "paused": "bold yellow", "stopping": "bold yellow"}.get(state, "bold")
    line = Text.assemble((plain(str(status["study"] or "study"), 40), "bold"), "  ", (state, style), no_wrap=True)
    if scene.share < 1:
        line.append(f"  reading the ledger, {scene.share:.0%}", "bold")
    if status["unsafe"]:
        line.append("  UNSAFE: no sandbox, no certificates", "bold red")
    if step:
        line.append(f"  {plain(str(step['step']), 60)} ")
        line.append_text(_clock(step))
    trust = f"  {status['trust_class']}, {status['sandbox']['backend']}"
    return line.append(trust if status["epoch"] and not status["imported"] else "", "dim")


def _clock(step: dict[str, object]) -> Text:
    """How long the step takes already, against its limit."""
    try:
        gone = (datetime.now(UTC) - datetime.fromisoformat(str(step["began"]))).total_seconds()
        limit = float(str(step["limit_seconds"]))
    except (KeyError, ValueError, TypeError):
        return Text()
    if limit <= 0:
        return Text(f"{gone:.0f} s")
    full = round(BAR * min(1.0, max(0.0, gone / limit)))
    return Text.assemble(("━" * full, "green"), ("─" * (BAR - full), "bright_black"), f" {gone:.0f} of {limit:g} s")


def _standing(scene: Scene) -> Text:
    status, metric = scene.status, scene.history.metric
    figures = Figures.of(metric.unit, (status["baseline"] or {}).get("sigma") or metric.step)
    tip, proof, line = status["tip"], status["certified"], Text(no_wrap=True)
    if tip and tip["mean"] is not None:
        line.append("best ", "dim").append(f"{figures.with_unit(tip['mean'])} (#{tip['experiment']})  ")
    line.append("certified ", "dim")
    return line.append(figures.value(proof["mean"]) if proof else "nothing yet", "bold blue" if proof else "")


def _budget(scene: Scene) -> Text:
    """What of the night's budget is used, short enough for a line."""
    budget = scene.status["budget"]
    parts = [
        _hours(each) if name == "hours" else f"{_short(each['used'])}/{_short(each['limit'])} {words}"
        for name, words in BUDGETS.items()
        if (each := budget.get(name)) and each["limit"] is not None
    ]
    return Text.assemble(("budget ", "dim"), ", ".join(parts) or "none granted", no_wrap=True)


def _hours(each: dict[str, float]) -> str:
    """Those used and granted; minutes where less than an hour is."""
    scale, unit = (1, "h") if each["limit"] >= 1 else (60, "min")
    return f"{scale * each['used']:.1f}/{scale * each['limit']:.3g} {unit}"


def _short(number: float | None) -> str:
    """A number in a few digits; unknown is said."""
    if number is None:
        return "?"
    return f"{number / 1e6:.3g}M" if number >= 1e6 else f"{number / 1e3:.3g}k" if number >= 1e4 else f"{number:.4g}"
