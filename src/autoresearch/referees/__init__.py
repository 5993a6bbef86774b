"""Referees: each turns evidence into another question or a verdict."""
