"""Credentials: found where they are, left alone where they are none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autoresearch import credentials
from autoresearch.site import Site

OURS = {
    "OPENAI_API_KEY": "anything-but-short",
    "HOME": "/home/of/somebody",
    "MY_TOKEN": "short",
    "KEYBOARD": "qwertyuiop12",
}
FORMS = [
    b"sk-ant-api03-" + b"a1B2" * 8,
    b"sk-proj-" + b"a1_2" * 8,
    b"AIza" + b"a1-2c" * 7,
    b"ghp_" + b"a1B2" * 9,
    b"github_pat_" + b"a1B2" * 12,
    b"hf_" + b"a1B2" * 8,
    b"AKIA" + b"A1B2" * 4,
    b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("form", FORMS)
def test_known_forms_are_found_and_blanked(form: bytes) -> None:
    text = b'key = "' + form + b'"\n'
    assert credentials.holds(text, environ={})
    assert credentials.redacted(text, environ={}) == b'key = "[credential]"\n'


def test_values_of_our_own_keys_are_found_whatever_their_form() -> None:
    assert credentials.holds(b"x = 'anything-but-short'", environ=OURS)
    assert credentials.redacted(b"<anything-but-short>", environ=OURS) == b"<[credential]>"
    assert not credentials.holds(b"/home/of/somebody short qwertyuiop12", environ=OURS)


def test_what_was_there_before_is_not_the_agents() -> None:
    assert not credentials.holds(FORMS[0] + b"\nx = 2\n", FORMS[0] + b"\nx = 1\n", environ={})


@pytest.mark.parametrize(
    "text",
    [
        b"class='sk-estimator-doc-link fitted sk-toggleable__label'",
        b"risk-ant-colony-optimisation-with-a-long-name",
        b"3f2a9c1d" * 5,
        b"AKIAKO",
        b"hf_hub_download(repo_id)",
        b"ghp_ is how they begin",
    ],
)
def test_ordinary_code_is_none(text: bytes) -> None:
    assert not credentials.holds(text, environ={})


def test_logs_are_kept_without_them(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    site = Site(tmp_path, "toy")
    site.create()
    kept = site.log_path(site.keep_log(b"before " + FORMS[3] + b" after")).read_bytes()
    assert kept == b"before [credential] after"
