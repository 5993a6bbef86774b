"""What the ledger says for the changes of one branch: commit messages, names, the certificates behind them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autoresearch.history.lineage import undoes
from autoresearch.records import Experiment, Ruling
from autoresearch.views.reading import Proof, Reading, Span
from autoresearch.views.sentences import figures_of, margin, tell
from autoresearch.views.standing import Change, survivors
from autoresearch.views.words import certified_as, count, muted, plain

PROVISIONAL = "PROVISIONAL, not certified"
WIDTH = 72
"""Columns of a commit message."""
_SLUG = 40


@dataclass(frozen=True, slots=True)
class Evidence:
    """The proofs of what is handed over, and the story of each change in it."""

    reading: Reading
    certified: bool
    commit: str
    """What the branches are together."""
    base: str
    proofs: Sequence[tuple[Span, Proof]]
    """The certificates from `base` to `commit`, oldest first; with what is provisional, as far as they go."""
    changes: dict[int, Change]
    """Every kept change, by number."""

    @classmethod
    def of(cls, reading: Reading, commit: str) -> Evidence:
        """What speaks for `commit`, which this study kept."""
        base = reading.history.study.base if reading.history.study else ""
        changes = {change.experiment.number: change for change in survivors(reading)}
        certified = commit == reading.history.proven_commit
        return cls(reading, certified, commit, base, list(_chain(reading, base))[::-1], changes)

    @property
    def trust(self) -> str:
        """How far the candidate was from the number; the classes of all certificates, else of the epoch of now."""
        classes = [span.epoch.trust_class for span, _ in self.proofs]
        epoch = self.reading.history.epoch
        return ", ".join(dict.fromkeys(classes)) or (epoch.trust_class if epoch else "unknown")

    @property
    def unsafe(self) -> bool:
        """Whether any of it was measured without a sandbox."""
        return any(span.epoch.unsafe for span in self.reading.spans)

    @property
    def standing(self) -> str:
        """The label everything carries."""
        label = certified_as(self.trust) if self.certified else PROVISIONAL
        return f"{label}; UNSAFE: measured without a sandbox" if self.unsafe else label

    def told(self, numbers: Sequence[int]) -> list[Experiment]:
        """The changes among `numbers` that still stand: neither taken back nor taking one back; oldest first."""
        gone = {undoes(self.reading.history.experiments[number]) for number in numbers}
        made = [self.reading.history.experiments[number] for number in numbers if number not in gone]
        return [done for done in made if undoes(done) is None]

    def sentence(self, done: Experiment) -> str:
        """The honest sentence of one change."""
        return tell(self.reading, self.changes[done.number])

    def worth(self, done: Experiment) -> tuple[str, str]:
        """Gain of one change over its parent, from runs made since it was kept where there are any, and how sure."""
        change, span = self.changes[done.number], self.reading.span_of(done.number)
        figures, best = figures_of(self.reading, span), change.fresh or change.gain
        if best is None:
            return "unknown", "nothing to compare it with was measured in its epoch"
        runs = count(best.n, "fresh run" if change.fresh else "run") + ("" if change.fresh else ", as judged")
        return figures.signed(best.mean), f"{runs}; {margin(best, figures)}"

    def proof_words(self) -> list[str]:
        """One sentence a certificate."""
        return [_proof_words(self.reading, span, proof) for span, proof in self.proofs]


def _chain(reading: Reading, base: str) -> Iterator[tuple[Span, Proof]]:
    """The certificates the delivered commit rests on, youngest first."""
    given = [(span, proof) for span in reading.spans for proof in span.proofs]
    certified = [each for each in given if each[1].certificate.ruling is Ruling.CERTIFIED]
    commit = reading.history.proven_commit
    for span, proof in reversed(certified):
        if commit != base and proof.certificate.commit == commit:
            yield span, proof
            commit = proof.certificate.against


def _proof_words(reading: Reading, span: Span, proof: Proof) -> str:
    figures, done = figures_of(reading, span), proof.certificate
    gain = f"{figures.signed(done.gain)} {figures.unit}".rstrip()
    sure = f"p = {done.p:.2g} at level {done.level:.3g}" if done.level else "on values that repeat exactly"
    return (
        f"Certificate {done.number}: {gain} in {plain(span.epoch.metric.name, 60)}"
        f" (95 % interval {figures.interval(done.gain_low, done.gain_high)}), {count(done.n, 'fresh run')} a side of"
        f" {done.commit[:9]} against {done.against[:9]} on {done.split} data, {sure}, {span.epoch.trust_class}."
    )


def title(evidence: Evidence, numbers: Sequence[int]) -> str:
    """First line of a commit: the summary of its oldest change that stands."""
    told = evidence.told(numbers)
    first = muted(told[0].candidate.summary, 400) if told and told[0].candidate else ""
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    label = "" if evidence.certified else "[provisional] "
    room = WIDTH - len(label) - len(more)
    text = first or (f"Experiment {told[0].number}" if told else "What was taken back")
    return label + (text if len(text) <= room else text[: room - 1].rstrip() + "…") + more


def slug(evidence: Evidence, numbers: Sequence[int]) -> str:
    """A branch's last name, of small letters, digits and hyphens, from the summary of its oldest change."""
    told = evidence.told(numbers)
    words = re.findall(r"[a-z0-9]+", told[0].candidate.summary.lower()) if told and told[0].candidate else []
    kept = ""
    for word in words:
        if len(kept) + len(word) < _SLUG:
            kept = f"{kept}-{word}".lstrip("-")
    return kept or f"experiment-{numbers[0]}"


def message(evidence: Evidence, numbers: Sequence[int], *, alone: bool) -> str:
    """The commit message of one branch. `alone` says that no other branch shares its certificates."""
    study = evidence.reading.history.study
    parts = [title(evidence, numbers)]
    parts += [_paragraph(evidence, done) for done in evidence.told(numbers)]
    parts += [_wrapped(words) for words in evidence.proof_words()]
    if evidence.proofs and not alone:
        parts.append(_wrapped("A certificate proves all branches of this hand-over together, not each one alone."))
    trailers = {
        "Study": study.name if study else "",
        "Standing": evidence.standing,
        "Trust": evidence.trust,
        "Experiments": ", ".join(map(str, numbers)),
        "Base": evidence.base,
        "Whole": evidence.commit,
    }
    parts.append("\n".join(f"Autoresearch-{name}: {text}" for name, text in trailers.items()))
    return "\n\n".join(parts) + "\n"


def _paragraph(evidence: Evidence, done: Experiment) -> str:
    made = done.candidate
    lines = [f"Experiment {done.number}: {muted(made.summary) if made else ''}"]
    if made and made.hypothesis:
        lines.append(f"Why: {muted(made.hypothesis, 300)}")
    gain, sure = evidence.worth(done)
    lines.append(f"Gain: {gain} ({sure})")
    return "\n".join(_wrapped(line) for line in lines)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
