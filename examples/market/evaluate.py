"""The judge: plays one part of the history day by day, and writes the mean yearly return with every day's share of it.

A day's return is told after the position for it was taken, so no strategy can look ahead. Sealed.
"""

import csv
import json
import math
import os
import struct
import sys

from autoresearch.contestant import Contestant, ContestantError

DAYS_A_YEAR = 252


def main(part):
    with open(f"data/{part}.csv", newline="") as file:
        days = [(float(r["return"]), int(r["weekday"]), int(r["month"]), int(r["day"])) for r in csv.DictReader(file)]
    try:
        report({"return": mean(scores := played(days)), "records": scores})
    except (ContestantError, struct.error) as error:
        report({"violation": f"the strategy gave no position: {error}"})


def played(days):
    """What each day was worth, as a yearly return in percent."""
    scores, yesterday = [], math.nan
    with Contestant() as strategy:
        for today, weekday, month, day in days:
            (held,) = struct.unpack("<d", strategy.ask(struct.pack("<dBBB", yesterday, weekday, month, day)))
            if not -1 <= held <= 1:
                raise ContestantError(f"a position of {held} is not between -1 and 1")
            scores.append(DAYS_A_YEAR * held * today)
            yesterday = today
    return scores


def mean(scores):
    return math.fsum(scores) / len(scores)


def report(metrics):
    with open(os.environ["AUTORESEARCH_METRICS"], "w") as file:
        json.dump(metrics, file)


if __name__ == "__main__":
    main(sys.argv[1])
