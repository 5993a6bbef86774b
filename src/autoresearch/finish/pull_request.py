"""The page a reviewer reads: what changed and why, before and after, the proof, how to check it, what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autoresearch.finish.plan import Plan, Planned
from autoresearch.records import Experiment
from autoresearch.report.markdown import escape
from autoresearch.views.finished import Branch, Finished
from autoresearch.views.levels import Level
from autoresearch.views.revalidated import gain_words
from autoresearch.views.sentences import figures_of
from autoresearch.views.sides import BeforeAfter, before_after
from autoresearch.views.spend import spend
from autoresearch.views.standing import number_tried
from autoresearch.views.words import MINUS, Figures, count, duration, muted, numbers
from autoresearch.workspace.refs import short_name


def body(plan: Plan, branch: Planned, table: Finished | None) -> str:
    """The description of one branch's pull request, in GitHub's Markdown; `table` is None when nothing was measured."""
    sections = [
        _head(plan, branch),
        "## Before and after",
        *_measured(plan, branch, table),
        "## What changed",
        *_changes(plan, plan.evidence.told(branch.experiments)),
        "## Proof",
        *_proof(plan, branch),
        "## Check it yourself",
        _check(plan, branch),
        "## Cost",
        _cost(plan),
    ]
    return "\n\n".join(sections) + "\n"


def _head(plan: Plan, branch: Planned) -> str:
    evidence, history = plan.evidence, plan.evidence.reading.history
    study = history.study.name if history.study else ""
    told = [done.number for done in evidence.told(branch.experiments)]
    label = f"**{escape(evidence.standing)}**"
    if not evidence.certified:
        label = f"> [!WARNING]\n> {label}: no certificate covers all of this. What was kept may be luck."
    many = "s" if len(branch.experiments) > 1 else ""
    stands = f"Experiment{many} {numbers(branch.experiments, 20)} of study {escape(study)}"
    if len(told) < len(branch.experiments):
        stands += f"; of these, {numbers(told, 20) or 'none'} still stand"
    return f"# {escape(branch.title)}\n\n{label} · trust: {escape(evidence.trust)}\n\n{stands}, as one commit."


def _changes(plan: Plan, told: Sequence[Experiment]) -> Iterator[str]:
    lines = ["| # | change | gain | |", "|--:|---|--:|---|"]
    for done in told:
        summary = escape(muted(done.candidate.summary)) if done.candidate else ""
        lines.append(f"| {done.number} | {summary} | {' | '.join(map(escape, plan.evidence.worth(done)))} |")
    yield "\n".join(lines)
    yield "<details><summary>Why, and what each of them showed</summary>"
    for done in told:
        yield _story(plan, done)
    yield "</details>"


def _story(plan: Plan, done: Experiment) -> str:
    made, lines = done.candidate, [f"**Experiment {done.number}**"]
    if made and made.hypothesis:
        lines.append(f"Hypothesis: {escape(muted(made.hypothesis, 600))}")
    lines.append(escape(muted(plan.evidence.sentence(done), 800)))
    return "\n\n".join(lines)


def _measured(plan: Plan, branch: Planned, table: Finished | None) -> Iterator[str]:
    if table is None:
        yield "**Not measured again** (`--no-measure`): these are the certificates' figures, of all branches together."
        yield from _certified(plan)
        return
    row = next(row for row in table.rows if row.name == short_name(branch.branch))
    figures = figures_of(plan.evidence.reading, plan.evidence.reading.spans[-1])
    runs = count(row.measured.runs, "run")
    yield (
        f"This branch alone, {runs} a side in turn with its base, epoch {table.finish.epoch}:"
        f" gain {gain_words(row.measured.gain, figures)} with its 95 % interval: **{escape(row.measured.verdict)}**."
    )
    yield _table(row.metrics, figures)
    if len(table.rows) > 1:
        yield _branches(table, figures)


def _branches(table: Finished, figures: Figures) -> str:
    """All branches beside one another: each is independent of the others, and this shows how much it is."""
    rows = ["| branch | experiments | gain alone, 95 % | runs | |", "| --- | --- | --- | --- | --- |"]
    return "\n".join(rows + [_row(row, figures) for row in table.rows])


def _row(row: Branch, figures: Figures) -> str:
    gain, name = gain_words(row.measured.gain, figures), row.name if " " in row.name else f"`{row.name}`"
    cells = (name, numbers(row.experiments), gain, str(row.measured.runs), escape(row.measured.verdict))
    return f"| {' | '.join(cells)} |"


def _certified(plan: Plan) -> Iterator[str]:
    """What each certificate's own runs said of every metric."""
    for span, proof in plan.evidence.proofs:
        done = proof.certificate
        sides = [[run for run in proof.runs if run.commit == commit] for commit in (done.against, done.commit)]
        yield f"Certificate {done.number}: {done.against[:9]} and {done.commit[:9]}"
        yield _table(before_after(span.epoch.metric, *sides), figures_of(plan.evidence.reading, span))


def _table(rows: Sequence[BeforeAfter], figures: Figures) -> str:
    lines = ["| metric | before | after | change |", "| --- | --- | --- | --- |"]
    for place, row in enumerate(rows):
        style = Figures(row.unit, figures.decimals) if place == 0 else Figures()
        change = "–" if row.change is None else f"{row.change:+.2%}".replace("-", MINUS)
        lines.append(f"| {escape(row.name)} | {_level(row.before, style)} | {_level(row.after, style)} | {change} |")
    return "\n".join(lines)


def _level(level: Level | None, figures: Figures) -> str:
    if level is None:
        return "unknown"
    spread = "" if level.sigma is None else f" ± {figures.value(level.sigma)}"
    return f"{escape(figures.with_unit(level.mean))}{spread} ({count(level.n, 'run')})"


def _proof(plan: Plan, branch: Planned) -> Iterator[str]:
    words = plan.evidence.proof_words()
    yield "\n".join(f"- {escape(each)}" for each in words) if words else "None: nothing of this is certified."
    if words and len(plan.branches) > 1:
        names = ", ".join(f"`{short_name(each.branch)}`" for each in plan.branches)
        yield f"A certificate proves all {len(plan.branches)} branches together, not each one alone: {names}."
    if not plan.evidence.certified:
        yield f"What is handed over ends at `{plan.commit[:9]}`, which no certificate names: **provisional**."
    if plan.onto_commit != plan.base:
        onto = f"{escape(plan.onto)} is at `{plan.onto_commit[:9]}` now"
        yield f"Everything was measured on `{plan.base[:9]}`; {onto}, and merges with `{short_name(branch.branch)}`."


def _check(plan: Plan, branch: Planned) -> str:
    history = plan.evidence.reading.history
    epoch, study = history.epoch, history.study
    name = study.name if study else ""
    where = f"sandbox {epoch.sandbox}, {epoch.machine.get('processor', 'unknown processor')}" if epoch else "unknown"
    return (
        "```sh\n"
        f"autoresearch replay --study {name}    # judges every verdict again from the stored runs\n"
        f"git diff {plan.base[:12]} {short_name(branch.branch)}\n"
        "autoresearch revalidate    # measures every kept change again, here and now\n"
        "```\n\n"
        f"Measured with autoresearch {escape(study.version if study else '')}, {escape(where)};"
        f" {history.measured:,} runs on the ledger."
    )


def _cost(plan: Plan) -> str:
    history = plan.evidence.reading.history
    used = spend(history)
    money, tokens = used.money.words("US$ {:.2f}".format), used.counted.words("{:,.0f}".format)
    return (
        f"The whole study: {count(number_tried(history), 'experiment')} in {duration(used.total)}"
        f" (certificates {duration(used.certificates)}), tokens {tokens}, money {money}."
    )
