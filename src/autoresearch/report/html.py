"""The page as one HTML file: no request, no script; light and dark; on paper and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autoresearch.report.page import Page

if TYPE_CHECKING:
    from jinja2 import Template


def render(page: Page) -> str:
    """The document. Everything but our own drawings is escaped by the template engine."""
    return _template().render(page=page, whole=True)


def inside(page: Page) -> str:
    """What stands on the page, for a page around it."""
    return _template().render(page=page, whole=False)


def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("autoresearch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")
