"""The documentation as a site: `make docs`."""

import re
import sys
from pathlib import Path

import autoresearch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_made"))
import verbs  # noqa: E402

OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)+((?:benchmarks|design|examples|src|tests)/[^)#]+)[^)]*\)")
"""A link to a file of the repository that is no page of the site."""

project = "autoresearch"
version = release = autoresearch.__version__
copyright = "the authors of autoresearch, MIT licence"

extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "_made"]

html_theme = "furo"
html_title = "autoresearch"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


def setup(app):
    """Make the pages that come from the program itself, and name files of the repository instead of linking them."""
    app.connect("builder-inited", lambda _: verbs.write(HERE / "reference" / "options.md"))
    app.connect("source-read", name_outside)


def name_outside(_app, _page, source):
    """Replace links out of the site by the file's name."""
    source[0] = OUTSIDE.sub(
        lambda link: f"{link[1]} (`{link[2]}`)" if link[1] != link[2] else f"`{link[2]}`", source[0]
    )
