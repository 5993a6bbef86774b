"""Serve the smallest script by hand: print the address, then a line for every request."""

from __future__ import annotations

import time

from models import Edit, Models, Read, Text

with Models(
    [Read("train.py"), Edit("train.py", "LR = 0.1", "LR = 0.2"), Text("Summary: LR from 0.1 to 0.2")]
) as models:
    print(models.url, flush=True)
    told = 0
    while True:
        time.sleep(0.2)
        for seen in models.seen[told:]:
            print(seen.number, seen.ask.wire, seen.ask.model, sorted(seen.ask.tools), seen.answer, flush=True)
        told = len(models.seen)
