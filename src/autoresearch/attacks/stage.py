"""The plain stage: a candidate writes down how skilled it is, and a sealed evaluation reads that."""

from __future__ import annotations

from autoresearch.attacks.attack import BEST_SKILL, Stage

SETTINGS = '"""The one number that counts."""\nSKILL = 0\n'

EXPERIMENT = """\
import json, os, runpy
skill = runpy.run_path("settings.py")["SKILL"]
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "skill.json"), "w") as file:
    json.dump(skill, file)
"""

EVALUATE = """\
import json, os
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "skill.json")) as file:
    skill = json.load(file)
with open(os.environ["AUTORESEARCH_METRICS"], "w") as file:
    json.dump({"skill": skill}, file)
"""

TASK = f"""\
name = "stage"
goal = "The most skill"
editable = ["settings.py", "src/**"]
hidden = ["hidden/**"]

[metric]
name = "skill"
direction = "maximize"
bounds = [0.0, {BEST_SKILL}.0]

[experiment]
command = "python experiment.py"
seconds = 10
memory = "512 MiB"
processes = 32
disk = "16 MiB"

[evaluation]
command = "python evaluate.py"
seconds = 10
"""

PLAIN = Stage(
    files={
        "settings.py": SETTINGS,
        "src/one.py": "ONE = 1\n",
        "experiment.py": EXPERIMENT,
        "evaluate.py": EVALUATE,
        "hidden/answers.txt": "42\n",
        "autoresearch.toml": TASK,
    },
    editable="settings.py",
    sealed="evaluate.py",
)
"""Better is a larger SKILL; the baseline's is 0."""
