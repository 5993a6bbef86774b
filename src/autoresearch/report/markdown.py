"""The same page in GitHub's Markdown, with the picture beside it."""

from __future__ import annotations

import re

from autoresearch.report.diffs import Diff
from autoresearch.report.page import Page

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")


def render(page: Page, *, picture: str) -> str:
    """The document; `picture` is the file name of the staircase, in the same folder."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("autoresearch.report"),
        autoescape=False,  # the filter below escapes, for Markdown
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(md=escape, inert=inert, fenced=fenced)
    return environment.get_template("report.md.j2").render(page=page, picture=picture)


def escape(text: object) -> str:
    """`text` as Markdown that shows exactly it: no markup, no HTML, no link, no mention of anybody."""
    return inert(_SPECIAL.sub(r"\\\1", str(text)))


def inert(text: object) -> str:
    """The same inside an HTML block, where Markdown has no escapes of its own."""
    safe = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace("@", "&#64;").replace("://", ":&#47;/").replace("www.", "www&#46;").replace("\n", " ")


def fenced(diff: Diff) -> str:
    """A diff as a code block whose fence nothing inside can close."""
    body = [text for _, text in diff.lines]
    longest = max((len(run) for text in body for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    tail = [f"… {diff.cut} more lines"] if diff.cut else []
    return "\n".join([f"{fence}diff", *body, *tail, fence])
