"""A history made by hand: each test says which numbers the runs give, the referee says what to run."""

from __future__ import annotations

from autoresearch import referees
from autoresearch.history import Epoch, Evidence, History, Night, StudyStart
from autoresearch.records import Candidate, Direction, Experiment, Measurement, Metric, Side
from autoresearch.task import Budget

START = "2026-01-01T00:00:00+00:00"


class Court:
    """A study of commits b, c1, c2 ... under one referee. Keeps every record, so that all can be asked again."""

    def __init__(
        self,
        preset="certify",
        options=None,
        *,
        direction=Direction.MINIMIZE,
        budget=None,
        certificates=None,
        unsafe=False,
        trust="sealed",
        split="public",
        constraints=(),
        objective=None,
    ):
        self.metric = Metric("loss", direction, unit="nat", objective=objective)
        self.referee = referees.make(preset, options or {}, self.metric, constraints=constraints)
        self.history, self.records, self.split = History(), [], split
        self.values, self.peak = {Side.CANDIDATE: {}, Side.INCUMBENT: {}}, None
        budget = budget or Budget(experiments=100)
        k = referees.certificates(budget, preset) if certificates is None else certificates
        self.add(StudyStart("court", "b", "00", "0"))
        self.add(
            Epoch(1, "", "", trust, "none", {}, {}, {}, self.metric, preset, unsafe=unsafe, constraints=constraints)
        )
        self.add(Night(1, budget, k, 1, START))

    def add(self, record):
        self.records.append(record)
        self.history.add(record)
        return record

    def attempt(self, ours, theirs=(), **extra):
        """One experiment with these numbers for its own and the incumbent's runs. Returns verdict and who was run."""
        number = self.history.next_number
        commit = f"c{number}" if self.history.baseline else self.history.tip_commit
        candidate = self.add(Candidate(number, commit, self.history.tip_commit, "change", **extra.pop("costs", {})))
        verdict, asked = self._contest(
            self.referee.next, Evidence(self.history, number, commit, self.history.incumbent_commit), ours, theirs
        )
        paid = {"cost_usd": candidate.cost_usd, "tokens": candidate.tokens}
        values = [run.value for run in self.history.pending[number] if run.side is Side.CANDIDATE]
        self.add(Experiment(number, candidate, verdict, values[0], candidate.parent, **paid, **extra))
        return verdict, asked

    def certificate(self, ours, theirs):
        """One certificate with these numbers. Returns it and who was run."""
        tip, proven = self.history.tip_commit, self.history.rival_commit
        number, pending = len(self.history.certificates) + 1, tuple(self.history.pending_certificate)
        evidence = Evidence(self.history, number, tip, proven, pending, certificate=True)
        done, asked = self._contest(self.referee.certify, evidence, ours, theirs)
        return self.add(done), asked

    def _contest(self, ask, evidence, ours, theirs):
        numbers, asked = {Side.CANDIDATE: iter(ours), Side.INCUMBENT: iter(theirs)}, ""
        while isinstance(call := ask(evidence), Side):
            value = next(numbers[call], "none left")
            assert value != "none left", f"a run of the {call} more than the test expects, after {asked}"
            run = self.run(call, value, evidence)
            evidence, asked = evidence.plus(run), asked + call.value[0].upper()
        assert all(next(rest, "none left") == "none left" for rest in numbers.values()), f"only {asked} was asked"
        assert ask(evidence) == call, "the same evidence gets the same answer"
        return call, asked

    def run(self, side, value, evidence):
        commit = evidence.candidate if side is Side.CANDIDATE else evidence.incumbent
        split = self.split if evidence.certificate else "public"
        asker = {"certificate" if evidence.certificate else "experiment": evidence.number}
        own, *_ = pair = value if isinstance(value, tuple) else (value,)
        values = dict(zip(("loss", "loss@incumbent"), pair, strict=False)) | self.values[side]
        return self.add(
            Measurement(
                commit,
                side,
                own,
                7,
                60.0,
                split=split,
                values=values,
                evaluation_seconds=40.0,
                peak_memory_bytes=self.peak,
                **asker,
            )
        )

    def judged_again(self):
        """Every verdict and certificate, from a history folded anew: (recorded, judged again)."""
        history = History()
        for record in self.records:
            if isinstance(record, Experiment):
                runs = tuple(history.pending[record.number])
                evidence = Evidence(history, record.number, record.candidate.commit, history.incumbent_commit, runs)
                yield record.verdict, self.referee.next(evidence)
            elif type(record).__name__ == "Certificate":
                runs = tuple(history.pending_certificate)
                yield (
                    record,
                    self.referee.certify(
                        Evidence(
                            history, record.number, history.tip_commit, history.rival_commit, runs, certificate=True
                        )
                    ),
                )
            history.add(record)
