"""Row 73: what an agent can see does not depend on the sealed score, but for the ruling."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from autoresearch.attacks.stage import PLAIN
from autoresearch.workspace import git

from .night import autoresearch

HOLDOUT = """\
import json, os, sys
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "skill.json")) as file:
    skill = json.load(file)
with open("hidden/answers.txt") as file:
    skill += float(file.read()) * (1 + skill) if "--holdout" in sys.argv else 0
print("the sealed score is", skill)
with open(os.environ["AUTORESEARCH_METRICS"], "w") as file:
    json.dump({"skill": skill}, file)
"""

LOOK = """\
import json, os, pathlib
seen = {"brief": pathlib.Path(os.environ["AUTORESEARCH_BRIEF"]).read_text(), "names": sorted(os.environ)}
seen["tree"] = {str(p): p.read_text() for p in sorted(pathlib.Path(".").rglob("*")) if p.is_file()}
text = pathlib.Path("settings.py").read_text()
skill = int(text.rsplit("=", 1)[1]) + 1
pathlib.Path("settings.py").write_text(f"SKILL = {skill}\\n")
with open(os.environ["AUTORESEARCH_PROPOSAL"], "w") as file:
    json.dump({"summary": f"skill {skill}", "hypothesis": json.dumps(seen)}, file)
"""

MORE = """
[holdout]
command = "python evaluate.py --holdout"

[agent]
use = "command"
command = "python -I -S look.py"

[referee]
preset = "exact"

[budget]
experiments = 2
"""


def seen(root: Path, bonus: str) -> list[str]:
    """What an agent saw in two nights of two experiments each, `bonus` being on the holdout and nowhere else."""
    files = {**PLAIN.files, "hidden/answers.txt": bonus, "evaluate.py": HOLDOUT, "look.py": LOOK}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text + (MORE if path == "autoresearch.toml" else ""))
    git.create(root, message="The stage")
    for _ in range(2):
        ended = autoresearch(root, "run", "--experiments", "2")
        assert ended.returncode == 0, ended.stderr
    lines = map(json.loads, (root / ".autoresearch" / "stage" / "ledger.jsonl").read_text().splitlines())
    bodies = [line["body"] for line in lines if line["type"] in ("candidate", "certificate")]
    assert [body["ruling"] for body in bodies if "ruling" in body] == ["certified"] * 2
    return [body["hypothesis"] for body in bodies if body.get("hypothesis")]


def unmarked(text: str) -> str:
    """Without the frame's mark, which is drawn at random for every study."""
    return re.sub("={8} [0-9a-f]{16}", "", text)


@pytest.mark.slow
def test_two_sealed_scores_look_the_same_to_the_agent(tmp_path: Path) -> None:
    low, high = seen(tmp_path / "low" / "user", "7.5"), seen(tmp_path / "high" / "user", "91.25")
    assert len(low) == len(high) == 4
    assert [unmarked(text) for text in low] == [unmarked(text) for text in high]
    assert "kept" in low[-1].lower()
