"""What every test stands on: lines end nowhere, whatever terminal the tests are started from."""

from __future__ import annotations

import os

for name in ("COLUMNS", "LINES"):  # workers of pytest-xdist set them
    os.environ.pop(name, None)
