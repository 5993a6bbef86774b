"""Why an attempt came to nothing, one word a cause: what `status` counts, and what a circuit breaker compares."""

from __future__ import annotations

import re
from enum import StrEnum


class Cause(StrEnum):
    """A kind of failure that an outcome alone does not tell."""

    ASKED = "asked"
    """The agent asked a question and waited; nobody is there to answer."""
    EMPTY = "empty"
    """The agent ended without a word and without a change."""
    UNTRIED = "untried"
    """A long session ended, or let its time pass, without trying anything."""
    REFUSED = "refused"
    """The model declined to do it."""
    TRUNCATED = "truncated"
    """The model's answer was cut off at its limit of length."""
    SCOPE = "scope"
    """It was to change what may not be changed."""
    EDIT = "edit"
    """An edit that does not fit the file it names."""
    DUPLICATE = "duplicate"
    """The same change was tried before."""
    BUNDLE = "bundle"
    """Several independent changes at once, which no measurement can tell apart."""
    PROGRAM = "program"
    """The agent's program is not installed, or does not start."""
    LOGIN = "login"
    """The agent's program or its provider does not know us."""
    RATE_LIMITED = "rate_limited"
    """The provider wanted us to wait for longer than we are willing to."""
    QUOTA = "quota"
    """The account at the provider has nothing left."""
    TOKENS = "tokens"
    """The attempt used up its own limit of tokens or money."""
    FLOOD = "flood"
    """More output than anybody could read."""
    FORMAT = "format"
    """An answer in a form that was not asked for."""
    MODEL = "model"
    """The provider answered with an error, or not at all."""
    SMOKE = "smoke"
    """A pre-check failed before the clock was spent."""
    RUN = "run"
    """The candidate's own process failed, before anything judged it."""
    SECRET = "secret"
    """A credential stood in what the agent wrote."""
    SIZE = "size"
    """More bytes or files than a change may have."""
    UNJUDGED = "unjudged"
    """The setting changed before it was measured."""


def alike(reason: str) -> str:
    """`reason` without what differs between failures of one kind: figures, hashes and all but the first line."""
    line = reason.strip().partition("\n")[0]
    return re.sub(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b|\d+(\.\d+)?", "0", line)[:120]
