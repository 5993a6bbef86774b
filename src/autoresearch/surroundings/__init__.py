"""What numbers depend on outside git."""

from autoresearch.surroundings.surroundings import Drift, Surroundings, Watch, elsewhere, survey, told, watch

__all__ = ["Drift", "Surroundings", "Watch", "elsewhere", "survey", "told", "watch"]
