"""Quantiles of Student's t, Fisher's F and chi-square, by inverting their distribution functions.

The two special functions underneath are the regularised incomplete beta (continued fraction, DLMF 8.17.22) and the
regularised incomplete gamma (series, DLMF 8.11.4). Relative error below 1e-10 for the degrees of freedom met here.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_TINY = 1e-300
_CLOSE = 1e-15


def incomplete_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b), the distribution function of the beta distribution."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    log_front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log_front) / a / _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.22, by Lentz's method."""
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, 1000):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + term * d or _TINY)
        c = 1 + term / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _CLOSE:
            return value
    raise ArithmeticError(f"the incomplete beta function does not settle at a={a}, b={b}, x={x}")


def incomplete_gamma(a: float, x: float) -> float:
    """P(a, x), the distribution function of the gamma distribution with shape `a`."""
    if x <= 0:
        return 0.0
    term = total = 1 / a
    step = 0
    while term > total * _CLOSE:
        step += 1
        term *= x / (a + step)
        total += term
    return min(1.0, total * math.exp(a * math.log(x) - x - math.lgamma(a)))


def student_t_cdf(t: float, freedom: float) -> float:
    """P(T <= t) for Student's t with `freedom` degrees of freedom (DLMF 8.17; Abramowitz and Stegun 26.7.1)."""
    outside = incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) if math.isfinite(t) else 0.0
    return outside / 2 if t < 0 else 1 - outside / 2


def student_t(p: float, freedom: float) -> float:
    """The value a Student's t stays below with probability `p`, 0 < p < 1."""
    if p < 0.5:
        return -student_t(1 - p, freedom)
    return _inverse(lambda t: student_t_cdf(t, freedom), p)


def fisher_f(p: float, above: float, below: float) -> float:
    """The value a ratio of variances with `above` and `below` degrees of freedom stays below with probability `p`."""
    return _inverse(lambda f: incomplete_beta(above / 2, below / 2, above * f / (above * f + below)), p)


def chi_square(p: float, freedom: float) -> float:
    """The value a chi-square with `freedom` degrees of freedom stays below with probability `p`."""
    return _inverse(lambda x: incomplete_gamma(freedom / 2, x / 2), p)


def _inverse(rising: Callable[[float], float], p: float) -> float:
    """Where `rising`, a distribution function on x >= 0, reaches `p`: bracket by doubling, then halve."""
    low, high = 0.0, 1.0
    while rising(high) < p:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if rising(middle) < p else (low, middle)
    return high
