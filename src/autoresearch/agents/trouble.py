"""What a provider's error means: an HTTP status and a text, as a cause and whether waiting may help."""

from __future__ import annotations

import re
from typing import Final

from autoresearch.causes import Cause

_SIGNS: Final = (
    (Cause.QUOTA, r"insufficient[_ ]quota|quota exceeded|exceeded your[a-z ]* quota|usage limit|credit balance"
     r"|out of credits?|billing"),
    (Cause.RATE_LIMITED, r"rate[_ ]?limit|too many requests|overloaded|resource[_ ]exhausted|at capacity"),
    (Cause.LOGIN, r"(invalid|incorrect|missing|expired|no)[\w -]{0,20}(api|auth)[_ -]?(key|token)|unauthori[sz]ed"
     r"|authentication[_ ](error|failed)|not logged in|log ?in (again|first|expired|required)|please (run )?/?log ?in"),
)  # fmt: skip
_STATUSES: Final = {
    401: Cause.LOGIN, 403: Cause.LOGIN, 402: Cause.QUOTA, 429: Cause.RATE_LIMITED, 529: Cause.RATE_LIMITED,
}  # fmt: skip
_PASSING: Final = frozenset({408, 409, 425, 429, 529})


def cause_of(status: int | None, text: str) -> Cause:
    """Why a provider gave no answer. `status` is that of its HTTP answer, None where there was none to read."""
    said = _said(text)
    if said is Cause.QUOTA:  # for which every provider has a status of its own
        return said
    return _STATUSES.get(status or 0) or said or Cause.MODEL


def sign(text: str) -> Cause | None:
    """The cause that a program's own words give away; None where they do not."""
    return _said(text)


def passes(status: int | None, cause: Cause) -> bool:
    """Whether waiting may help. `status` None is a connection that failed."""
    if cause in (Cause.RATE_LIMITED, Cause.QUOTA):
        return True
    return cause is Cause.MODEL and (status is None or status in _PASSING or status >= 500)


def _said(text: str) -> Cause | None:
    lowered = text[-20_000:].lower()
    return next((cause for cause, pattern in _SIGNS if re.search(pattern, lowered)), None)
