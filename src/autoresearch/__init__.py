"""Autoresearch: propose one change, measure it where it cannot lie, keep what is proven."""
