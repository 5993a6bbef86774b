"""The page as one HTML file: no request, no script; light and dark; on paper and on a phone."""

from __future__ import annotations

from autoresearch.report.page import Page


def render(page: Page) -> str:
    """The document. Everything but our own drawings is escaped by the template engine."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("autoresearch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(page=page)
