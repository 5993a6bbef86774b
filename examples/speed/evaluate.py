"""Seconds a page takes to render, candidate and incumbent in turn; whatever they answer differently is a violation."""

import cases

from autoresearch.contestant import compare, judged, race

with judged() as metrics:
    compare(cases.odd_templates(30), deadline=2.0)
    metrics |= race(cases.page, calls=50, rounds=2, deadline=2.0, fastest=20e-6)
