"""Where the examples are, and how their numpy is kept to one thread."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
