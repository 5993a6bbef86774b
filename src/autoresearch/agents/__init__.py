"""Agents: each edits the tree given a brief."""
