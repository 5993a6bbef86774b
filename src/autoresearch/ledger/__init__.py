"""The append-only, hash-chained record of everything, its lines, and tables made of it."""

from autoresearch.ledger.ledger import Ledger, Position, ends_at, now

__all__ = ["Ledger", "Position", "ends_at", "now"]
