"""`autoresearch mcp`: the study as tools for an agent."""

from __future__ import annotations

from autoresearch.cli import place


def mcp_() -> None:
    """Serve try, status, log, show, brief and tell to an agent, by the Model Context Protocol on standard input."""
    from autoresearch.mcp import server

    server(place.repository()).run("stdio")
