"""Runners: each turns a commit and the task into a measurement."""
