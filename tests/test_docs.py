"""What the documentation shows is run, and what the program has is documented."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest

import program
from autoresearch import config
from autoresearch.cli import VERBS
from test_serve import a_site, ended, started

ROOT = Path(__file__).parents[1]
MADE = ROOT / "docs" / "reference" / "options.md"
PAGES = sorted({ROOT / "README.md", *(ROOT / "docs").rglob("*.md")} - {MADE})


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


FOLLOWED = {
    "your-own-repository": (["certificate 1: certified"], ["0 disagree"]),
    "make-a-function-faster": (["1  violation", "certificate 1: certified"], ["of 20 (str of ", "0 disagree"]),
    "fuzz-and-differential-checks": (["1  timeout"], ["1 passed", "kept us waiting for more than 1 s"]),
    "constraints-and-objectives": ([], ["0 disagree"]),
    "finite-data": (["certificate 1: certified"], ["bits told in", "better, by", "0 disagree"]),
    "prune": ([], ["0 disagree"]),
    "be-told": ([], ["told: ", "2 experiments in ", "The night is over: "]),
    "bring-your-history": (
        ["theirs: 7 rows read", "'promising' is not a word we know", "again: 7 rows read"],
        [
            "theirs: imported, read-only",
            "0 dropped; every number is their word",
            "1 of 2 keeps: more than the luckiest",
        ],
    ),
    "drop-in": (["A pi session, as it is", "Wrote autoresearch.toml and program.md"], ["0 disagree"]),
    "ship-what-survived": (
        ["certificate 1: certified"],
        ["experiments 1, 3", "| all together | 1, 2, 3 | +6", "0 disagree"],
    ),
    "drive-it-from-your-agent": (
        [],
        ["Experiment 1: keep", "Experiment 2: discard", "B = 3", "Experiment 3: out_of_scope", "skills/autoresearch"],
    ),
    "use-an-agent": ([], ["'my-agent', the program of the acp agent, is not on PATH", "the agent is missing"]),
    "steer-a-night": (
        ["the same code as experiment 2", "The next briefs say this: leave X alone"],
        [
            "## What the person in charge says now",
            "X is a length in metres.",
            "- #2 went much too far",
            "#1 says that X",
        ],
    ),
    "check-your-evaluator": (
        ["fails its self-test"],
        ["WRONG, cheating was expected", "3 of 3 passed", "epoch 2: task file", "20.0 -> 30.0", "together"],
    ),
}
"""How-tos, and what following them to the letter narrates (stderr) and prints (stdout)."""


def follow(script: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run what a page shows, as a user who has just installed us."""
    who = {f"GIT_{role}_{what}": "u@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return subprocess.run(
        ["bash", "-e"],
        input=script,
        cwd=tmp_path,
        env={**os.environ, "PATH": program.on_path(), **who},
        capture_output=True,
        text=True,
        timeout=280,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", FOLLOWED)
def test_the_how_to_is_followed_to_the_letter(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    script = "\n".join(blocks(ROOT / "docs" / "how-to" / f"{name}.md", "sh"))
    if "from autoresearch" in script:  # its own programs import us
        request.getfixturevalue("with_packages")
    done = follow(script, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    narrated, printed = FOLLOWED[name]
    for words in narrated:
        assert words in done.stderr
    for words in printed:
        assert words in done.stdout


@pytest.mark.slow
def test_every_serve_that_is_shown_serves_its_page_until_interrupted(tmp_path: Path) -> None:
    site, _ = a_site(tmp_path / "repository", experiments=3)
    shown = "\n".join(blocks(ROOT / "docs" / "how-to" / "watch-in-a-browser.md", "sh"))
    options = re.findall(r"autoresearch serve\b(.*)", shown)
    assert options == ["", " --control", " --port 8000"]
    for words in options:
        with ExitStack() as stack:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            served = started(site, *words.replace("8000", str(port)).split())
            stack.callback(ended, served)
            parts = urlsplit(served.address)
            assert "port" not in words or parts.port == port
            assert served.ask(f"/?{parts.query}")[0] == 200
            assert '"experiments"' in served.ask("/api/study", cookie=served.cookie())[2]
            served.process.send_signal(signal.SIGINT)
            assert served.process.wait(20) == 130


STAND_IN = """
git init -q -b main autoresearch-demo && cd autoresearch-demo
echo 'X = 3.0' > x.py
echo 'import x; print(f"METRIC loss={(x.X - 1) ** 2}")' > run.py
cat > autoresearch.toml <<'TOML'
name = "quick"
goal = "lowest loss"
editable = ["x.py"]
[metric]
name = "loss"
direction = "minimize"
[experiment]
command = "python run.py"
seconds = 20
[referee]
preset = "exact"
TOML
git add -A && git commit -qm first && autoresearch run --experiments 4 && cd ..
"""
"""A night of seconds, not of minutes; examples/quick has tests of its own."""


@pytest.mark.slow
def test_the_tutorial_is_followed_to_the_letter_on_a_task_that_takes_no_minutes(tmp_path: Path) -> None:
    script = "\n".join(blocks(ROOT / "docs" / "tutorial" / "first-night.md", "sh"))
    assert script.startswith("autoresearch demo\n")
    browser = "\n".join(blocks(ROOT / "docs" / "how-to" / "watch-in-a-browser.md", "sh"))
    (frozen,) = re.findall(r"^autoresearch report.*\n", browser, re.M)
    pictures = (
        "autoresearch report --png ../share.png --json\nautoresearch report --png nowhere/x.png || echo refused\n"
    )
    shorter = script.replace("autoresearch demo\n", STAND_IN, 1).replace("--since 13", "--since 5")
    done = follow(shorter + frozen + pictures, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 disagree" in done.stdout
    assert "</html>" in (tmp_path / "autoresearch-demo" / "night.html").read_text()
    assert (tmp_path / "share.png").stat().st_size > 5000
    assert done.stdout.endswith("refused\n")
    assert "nowhere/x.png cannot be written" in done.stderr
    assert "8 experiments in" in done.stderr
    assert "certified" in done.stdout


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("furo", reason="pip install -e '.[docs]' builds the site")
    pytest.importorskip("myst_parser", reason="pip install -e '.[docs]' builds the site")
    argv = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", str(tmp_path)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    options = (tmp_path / "reference" / "options.html").read_text()
    for verb in VERBS:
        assert f"autoresearch {verb.__name__.rstrip('_')}</h" in re.sub(r"<a class=\"headerlink.*?</a>", "", options)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_toml_block_is_valid(page: Path) -> None:
    for text in blocks(page, "toml"):
        data = tomllib.loads(text)
        if "goal" in data:
            config.parse(data)


def test_the_schema_takes_every_task_file_and_no_misspelt_one() -> None:
    judge = jsonschema.Draft202012Validator(config.json_schema())
    shown = [
        text
        for page in PAGES
        for text in re.findall(r"^(?:```toml|cat .*<<'TOML')\n(.*?)^(?:```|TOML)$", page.read_text(), re.M | re.S)
    ]
    texts = [*shown, *(path.read_text() for path in (ROOT / "examples").glob("*/autoresearch*.toml"))]
    files = [data for data in map(tomllib.loads, texts) if "goal" in data]
    assert len(files) > 9
    for data in files:
        assert [error.message for error in judge.iter_errors(data)] == []
        data["metric"]["naem"] = 1
        (error,) = judge.iter_errors(data)
        assert list(error.path) == ["metric"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            file = (page.parent / target).resolve()
            assert file == MADE or file.exists(), target


def test_every_verb_is_on_the_command_line_page() -> None:
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text()
    for verb in VERBS:
        name = verb.__name__.rstrip("_")
        assert re.search(rf"`{name}\b", page), name
        assert verb.__doc__


def test_every_table_and_key_is_on_the_task_file_page() -> None:
    page = (ROOT / "docs" / "reference" / "task-file.md").read_text()
    for key in config.json_schema()["properties"]:
        assert key in page or key in {name.split(".")[0] for name in config.NOT_YET}, key


def test_every_folder_of_the_package_is_on_the_architecture_page() -> None:
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text()
    folders = {path.parent.name for path in (ROOT / "src" / "autoresearch").glob("*/__init__.py")}
    assert {name for name in folders if f"`{name}`" not in page} == set()


def test_the_four_files_a_newcomer_reads_stay_short() -> None:
    names = ("records.py", "protocols.py", "errors.py", "study.py")
    lines = sum(len((ROOT / "src" / "autoresearch" / name).read_text().splitlines()) for name in names)
    assert lines < 700
