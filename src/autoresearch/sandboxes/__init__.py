"""Sandboxes: each runs what we do not trust, and proves what it gives."""
