"""TensorBoard: one run a study, its steps the experiments: the metric, the best so far, every other number."""

from __future__ import annotations

from pathlib import Path

from autoresearch.export.attempts import Mark, attempts, study_key
from autoresearch.extras import ExtraMissing
from autoresearch.history import Archive


def export(history: Archive, folder: Path) -> int:
    """Append what `folder` has not got. Returns how many experiments that were. Raises ExtraMissing.

    How far it came is remembered in the folder itself: delete that, and the next export begins anew.
    """
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        raise ExtraMissing("TensorBoard files need tensorboardX.", extra="export-tensorboard") from None
    place = folder / f"{history.study.name if history.study else 'study'}-{study_key(history)}"
    mark = Mark(place / "exported.json")
    new = list(attempts(history, first=mark.read()))
    if not new:
        return 0
    with SummaryWriter(str(place)) as writer:
        for each in new:
            for name, value in each.scalars.items():
                writer.add_scalar(name, value, each.number)
            writer.add_text("summary", each.facts.get("summary", ""), each.number)
    mark.write(new[-1].number + 1)
    return len(new)
