"""Strategies: each decides where to work next."""
