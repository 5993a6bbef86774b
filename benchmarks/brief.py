"""What a brief costs in CPU time and length as a study grows; each is made from the history as if for the first time.

    python benchmarks/brief.py --experiments 0 1 30 1000 10000
    python benchmarks/brief.py --experiments 10000 --print

The history is made up: 40 places in four files, summaries of a few hundred kinds, every seventh a crash, one keep in
thirty, agents' notes, and some attempts no candidate came of.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time

from autoresearch import brief
from autoresearch.changes.footprint import Footprint
from autoresearch.history import AGENTS_NOTE, TELL, History, Note, StudyStart
from autoresearch.memory import notes
from autoresearch.records import Candidate, Direction, Experiment, Measurement, Metric, Outcome, Side, Verdict
from autoresearch.task import Limits, Phase, Task

METRIC = Metric("loss", Direction.MINIMIZE, "bit")
TASK = Task(
    "made up",
    "Lowest loss",
    ("src/**",),
    METRIC,
    Phase(("python", "train.py"), Limits(300.0)),
    program="Be bold.\n" * 40,
)
VERBS = ("raise", "halve", "remove", "fuse", "cache", "vectorise", "replace", "schedule", "clip", "share", "reorder")
THINGS = (
    "learning rate",
    "warm-up",
    "weights",
    "attention heads",
    "inner loop",
    "buffer",
    "gradient",
    "norm",
    "tables",
)
REASONS = ("out of memory", "a shape does not fit", "division by zero", "ran out of its 300 s", "import failed")


def history(experiments: int, *, seed: int = 0) -> History:
    """A history with so many finished experiments beside the baseline; the same for the same seed."""
    draw, made = random.Random(seed), History(METRIC)
    places = [f"src/{file}.py:{name}" for file in "abcd" for name in ("RATE", "WIDTH", "step()", "Block.forward()")]
    places += [f"src/{file}.py:helper{n}()" for file in "abcd" for n in range(6)]
    made.add(StudyStart("made up", "c0", "5ec2e7", "0"))
    made.add(Candidate(0, "c0", "c0", "baseline"))
    for _ in range(4):
        made.add(Measurement("c0", Side.CANDIDATE, draw.gauss(10, 0.05), 0, 1.0, experiment=0))
    made.add(Experiment(0, made.candidates[0], Verdict(Outcome.KEEP, "baseline"), 10.0, "c0"))
    best = 10.0
    for number in range(1, experiments + 1):
        if number % 11 == 0:
            made.add(Experiment(number, None, Verdict(Outcome.NO_CHANGE, "the agent asked a question"), None, "c0"))
            continue
        touched = tuple(draw.sample(places, draw.choice((1, 1, 1, 2))))
        said = f"{draw.choice(VERBS)} the {draw.choice(THINGS)} of {draw.choice(THINGS)}, to {draw.random():.2g}"
        noted = {"notes": [f"#{draw.randrange(number)} shows that the {draw.choice(THINGS)} matters"]}
        detail = noted if number % 50 == 0 else {}
        candidate = Candidate(
            number, f"c{number}", made.tip_commit, said, detail=detail, footprint=Footprint(touched, 1, f"f{number}")
        )
        made.add(candidate)
        value = None if number % 7 == 0 else best - 0.02 if number % 30 == 0 else best + abs(draw.gauss(0, 0.2))
        outcome = Outcome.CRASH if value is None else Outcome.KEEP if value < best else Outcome.DISCARD
        if value is not None:
            made.add(Measurement(candidate.commit, Side.CANDIDATE, value, 0, 1.0, experiment=number))
            best = min(best, value)
        made.add(Experiment(number, candidate, Verdict(outcome, draw.choice(REASONS)), value, candidate.parent))
    made.add(Note(TELL, "leave the tables alone"))
    made.add(Note(AGENTS_NOTE, "#1 and #2 do the same"))
    return made


def timed(past: History, step: str, times: int) -> list[float]:
    """Milliseconds of each of so many briefs."""
    found = []
    for _ in range(times):
        began = time.process_time()
        _ = brief.brief(TASK, past, step=step).text
        found.append(1000 * (time.process_time() - began))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, nargs="+", default=[0, 1, 30, 1000, 10_000])
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--step", default="improve", choices=brief.STEPS)
    parser.add_argument("--print", action="store_true", help="print the last brief, and the notes")
    options = parser.parse_args()
    print("| experiments | first (ms) | median (ms) | tokens | lines | notes (ms) |\n" + "| --- " * 6 + "|")
    for count in options.experiments:
        past = history(count)
        took = timed(past, options.step, options.times)
        text = brief.brief(TASK, past, step=options.step).text
        began = time.process_time()
        noted = notes.page(past)
        wrote = 1000 * (time.process_time() - began)
        print(
            f"| {count} | {took[0]:.0f} | {statistics.median(took):.0f} | {brief.tokens(text)} | "
            f"{text.count(chr(10))} | {wrote:.0f} |"
        )
    if options.print:
        print(text)
        print(noted)


if __name__ == "__main__":
    main()
