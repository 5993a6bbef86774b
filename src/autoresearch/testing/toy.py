"""A task that runs in a tenth of a second: find four constants. For tests of plug-ins, and for trying things out."""

from __future__ import annotations

from pathlib import Path

SETTINGS = """\
\"\"\"The one editable file.\"\"\"

LEARNING_RATE = 0.003
WIDTH = 32
DROPOUT = 0.5
ACTIVATION = "tanh"  # tanh | gelu | relu
"""

EXPERIMENT = """\
import json, os, runpy
settings = {k: v for k, v in runpy.run_path("settings.py").items() if k.isupper()}
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "settings.json"), "w") as file:
    json.dump(settings, file)
"""

LOSS = """\
import math, random
def loss(settings, seed, noise):
    value = (math.log10(settings["LEARNING_RATE"] / 0.02)) ** 2 + 0.2 * math.log2(settings["WIDTH"] / 128) ** 2
    value += (settings["DROPOUT"] - 0.1) ** 2 + {"tanh": 0.3, "relu": 0.1, "gelu": 0.0}[settings["ACTIVATION"]]
    return 1.0 + value + noise * random.Random(seed).gauss(0, 1)
"""

EVALUATE = """\
import json, os
from loss import loss
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "settings.json")) as file:
    settings = json.load(file)
value = loss(settings, int(os.environ["AUTORESEARCH_SEED"]), {noise})
with open(os.environ["AUTORESEARCH_METRICS"], "w") as file:
    json.dump({{"loss": value}}, file)
"""

PRINTED = """\
import os, runpy
from loss import loss
settings = runpy.run_path("settings.py")
print("METRIC loss=%r" % loss(settings, int(os.environ["AUTORESEARCH_SEED"]), {noise}))
"""

TASK = """\
name = "toy"
goal = "Lowest loss of four constants"
editable = ["settings.py"]

[metric]
name = "loss"
direction = "minimize"
bounds = [-100.0, 100.0]

[experiment]
command = "python experiment.py"
seconds = 20
{evaluation}
[referee]
preset = "{preset}"

[budget]
experiments = {experiments}
{more}
"""

EVALUATION = """
[evaluation]
command = "python evaluate.py"
seconds = 20
"""


def make(
    folder: Path,
    *,
    noise: float = 0.02,
    preset: str = "certify",
    experiments: int = 12,
    sealed: bool = True,
    more: str = "",
) -> Path:
    """A git repository in `folder`, which must not exist, with the toy task committed. Returns its root.

    `noise` is the standard deviation of one run; the baseline's loss is about 2.2 and the best possible 1. `more` is
    appended to the task file.
    """
    from autoresearch.workspace import git

    folder.mkdir(parents=True)
    files = {
        "settings.py": SETTINGS,
        "loss.py": LOSS,
        "experiment.py": EXPERIMENT if sealed else PRINTED.format(noise=noise),
        "autoresearch.toml": TASK.format(
            preset=preset, experiments=experiments, more=more, evaluation=EVALUATION if sealed else ""
        ),
    }
    if sealed:
        files["evaluate.py"] = EVALUATE.format(noise=noise)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    git.create(folder, message="The toy task")
    return folder
