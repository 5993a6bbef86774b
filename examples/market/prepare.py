"""Makes a market: returns with the fat tails of real ones, and either nothing to find in them or a little.

    python prepare.py                       nothing: every strategy earns zero in the long run
    python prepare.py --trend 0.2           a day leans towards where the last twenty went, by a fifth of its spread

Writes data/public.csv (5 years), data/sealed.csv (the 8 that follow) and data/vault.csv (4 more), with 20 days between
them that belong to none.
"""

import argparse
import csv
import random
from pathlib import Path

from autoresearch.splits import chronological

DAYS_A_MONTH, MONTHS, WEEKDAYS = 21, 12, 5
YEARS = {"public": 5, "sealed": 8, "vault": 4}
DAYS_A_YEAR = DAYS_A_MONTH * MONTHS
EMBARGO = 20
LENGTH = 20
"""Days the trend looks back on."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trend", type=float, default=0.0, help="strength of the trend, in daily standard deviations")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    n = DAYS_A_YEAR * sum(YEARS.values()) + EMBARGO * (len(YEARS) - 1)
    days = market(n, trend=options.trend, seed=options.seed)
    Path("data").mkdir(exist_ok=True)
    for name, rows in zip(YEARS, chronological(n, shares=list(YEARS.values()), embargo=EMBARGO), strict=True):
        write(Path("data", f"{name}.csv"), days, rows)


def market(n, *, trend, seed):
    """Returns of `n` days in percent, of standard deviation about 1."""
    rng, returns = random.Random(seed), []
    for _ in range(n):
        recent = sum(returns[-LENGTH:])
        returns.append(trend * ((recent > 0) - (recent < 0)) + fat_tailed(rng))
    return returns


def fat_tailed(rng):
    """Student's t with 5 degrees of freedom, scaled to variance 1."""
    return (3 / 5) ** 0.5 * rng.gauss(0, 1) / (rng.gammavariate(2.5, 2) / 5) ** 0.5


def write(path, days, rows):
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["return", "weekday", "month", "day"])
        for i in rows:
            table.writerow([f"{days[i]:.6f}", i % WEEKDAYS, i // DAYS_A_MONTH % MONTHS, i % DAYS_A_MONTH])


if __name__ == "__main__":
    main()
