import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from autoresearch.stats import quantiles

FREEDOM = (1, 2, 3, 4, 7.3, 11, 19, 60, 400)
P = (0.001, 0.025, 0.3, 0.5, 0.8, 0.95, 0.975, 0.9995)


@pytest.mark.parametrize("freedom", FREEDOM)
@pytest.mark.parametrize("p", P)
def test_quantiles_agree_with_scipy(freedom, p):
    assert quantiles.student_t(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), rel=1e-9, abs=1e-9)
    assert quantiles.chi_square(p, freedom) == pytest.approx(stats.chi2.ppf(p, freedom), rel=1e-9)
    for below in (3, 19, 47):
        assert quantiles.fisher_f(p, freedom, below) == pytest.approx(stats.f.ppf(p, freedom, below), rel=1e-8)


@given(st.floats(0.3, 200), st.floats(0.3, 200), st.floats(0, 1))
def test_incomplete_beta_agrees_with_scipy(a, b, x):
    assert quantiles.incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-12)


@given(st.floats(0.3, 200), st.floats(0, 400))
def test_incomplete_gamma_agrees_with_scipy(a, x):
    assert quantiles.incomplete_gamma(a, x) == pytest.approx(special.gammainc(a, x), rel=1e-9, abs=1e-12)


@given(st.floats(-1e6, 1e6), st.floats(1, 300))
def test_student_t_is_symmetric(t, freedom):
    assert quantiles.student_t_cdf(t, freedom) + quantiles.student_t_cdf(-t, freedom) == pytest.approx(1)


def test_the_ends_of_student_t():
    assert quantiles.student_t_cdf(float("inf"), 3) == 1
    assert quantiles.student_t_cdf(float("-inf"), 3) == 0
