"""Why an attempt came to nothing, one word a cause: what `status` counts, and what a circuit breaker compares."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """A kind of failure that an outcome alone does not tell."""

    ASKED = "asked"
    """The agent asked a question and waited; nobody is there to answer."""
    DUPLICATE = "duplicate"
    """The same change was tried before."""
    BUNDLE = "bundle"
    """Several independent changes at once, which no measurement can tell apart."""
    LOGIN = "login"
    """The agent's program or its provider does not know us."""
    RATE_LIMITED = "rate_limited"
    """The provider wanted us to wait for longer than we are willing to."""
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
