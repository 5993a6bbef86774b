"""What numbers depend on outside git."""

from autoresearch.surroundings.surroundings import ELSEWHERE, Drift, Surroundings, Watch, survey, told, watch

__all__ = ["ELSEWHERE", "Drift", "Surroundings", "Watch", "survey", "told", "watch"]
