"""`python -m autoresearch.cli`."""

from autoresearch.cli import main

main()
