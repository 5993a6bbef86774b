"""Credentials: found in what an agent wrote, and kept out of what is recorded.

Two kinds are known: the values of our own environment's keys, and texts in the form that a well-known issuer gives to
nothing else. A password in a sentence is neither, and is not found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Final

SHORTEST: Final = 12
"""Characters of a value worth keeping secret; a shorter one would be found everywhere."""

_NAMES: Final = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PAT)$", re.IGNORECASE)
_FORMS: Final = re.compile(
    rb"""(?<![A-Za-z0-9])(?:
      sk-ant-[\w-]{20,} | sk-(?:proj|svcacct|or-v1)-[\w-]{20,} | sk-[A-Za-z0-9]{40,} | AIza[\w-]{35}
    | gh[pousr]_[A-Za-z0-9]{36,} | github_pat_\w{40,} | glpat-[\w-]{20,} | hf_[A-Za-z0-9]{30,} | npm_[A-Za-z0-9]{36}
    | xox[abprs]-[\w-]{20,} | (?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])
    ) | -----BEGIN\ [A-Z ]{0,20}PRIVATE\ KEY-----(?:[\s\S]{0,8000}?-----END\ [A-Z ]{0,20}PRIVATE\ KEY-----)?""",
    re.VERBOSE,
)
BLANK: Final = b"[credential]"


def holds(text: bytes, before: bytes = b"", *, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a credential in `text` that was not in `before` already."""
    return any(found not in before for found in _found(text, environ))


def redacted(text: bytes, *, environ: Mapping[str, str] = os.environ) -> bytes:
    """`text` with every credential blanked."""
    for found in sorted(set(_found(text, environ)), key=len, reverse=True):
        text = text.replace(found, BLANK)
    return text


def _found(text: bytes, environ: Mapping[str, str]) -> Iterator[bytes]:
    for name, value in environ.items():
        secret = os.fsencode(value.strip())
        if len(secret) >= SHORTEST and _NAMES.search(name) and secret in text:
            yield secret
    yield from (match[0] for match in _FORMS.finditer(text))
