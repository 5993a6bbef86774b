"""How much of the market to hold tomorrow. The only file that may change.

Every rule below has been found to work, on some history, by somebody. Each votes -1, 0 or 1; the position is their sum,
between all short (-1) and all in (1).
"""

TREND = 0  # tune: -1 | 0 | 1
TREND_LENGTH = 20  # tune: 5 | 10 | 20 | 40 | 80
REVERSAL = 0  # tune: -1 | 0 | 1
REVERSAL_LENGTH = 2  # tune: 1 | 2 | 3 | 5
CALM = 0  # tune: -1 | 0 | 1
CALM_LENGTH = 20  # tune: 10 | 20 | 40

MONDAY = 0  # tune: -1 | 0 | 1
TUESDAY = 0  # tune: -1 | 0 | 1
WEDNESDAY = 0  # tune: -1 | 0 | 1
THURSDAY = 0  # tune: -1 | 0 | 1
FRIDAY = 0  # tune: -1 | 0 | 1

JANUARY = 0  # tune: -1 | 0 | 1
FEBRUARY = 0  # tune: -1 | 0 | 1
MARCH = 0  # tune: -1 | 0 | 1
APRIL = 0  # tune: -1 | 0 | 1
MAY = 0  # tune: -1 | 0 | 1
JUNE = 0  # tune: -1 | 0 | 1
JULY = 0  # tune: -1 | 0 | 1
AUGUST = 0  # tune: -1 | 0 | 1
SEPTEMBER = 0  # tune: -1 | 0 | 1
OCTOBER = 0  # tune: -1 | 0 | 1
NOVEMBER = 0  # tune: -1 | 0 | 1
DECEMBER = 0  # tune: -1 | 0 | 1

FIRST_DAYS = 0  # tune: -1 | 0 | 1
LAST_DAYS = 0  # tune: -1 | 0 | 1

WEEK = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
YEAR = (
    *(JANUARY, FEBRUARY, MARCH, APRIL, MAY, JUNE),
    *(JULY, AUGUST, SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER),
)


def position(past, weekday, month, day):
    """The position for the coming day, -1 to 1.

    `past`: returns of the days before it in percent, oldest first. `weekday` 0 to 4, `month` 0 to 11, `day` 0 to 20.
    """
    votes = WEEK[weekday] + YEAR[month]
    votes += FIRST_DAYS * (day < 3) + LAST_DAYS * (day > 17)
    votes += TREND * sign(past[-TREND_LENGTH:])
    votes += REVERSAL * -sign(past[-REVERSAL_LENGTH:])
    votes += CALM * (1 if size(past[-CALM_LENGTH:]) < size(past[-250:]) else -1)
    return max(-1, min(1, votes))


def sign(returns):
    total = sum(returns)
    return (total > 0) - (total < 0)


def size(returns):
    return sum(map(abs, returns)) / max(1, len(returns))
