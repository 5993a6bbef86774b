"""Autoresearch: propose one change, measure it where it cannot lie, keep what is proven."""

__version__ = "0.1.0"
