"""Text of others, made harmless before it stands in a document of ours."""

from __future__ import annotations


def writable(text: str) -> str:
    """`text` with a question mark for each half of a surrogate pair, which JSON can hold and no file."""
    return text.encode("utf-8", "replace").decode()


def line(text: str, most: int) -> str:
    """Untrusted text as one line of at most `most` printable characters."""
    one = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * most]).split())
    return one if len(one) <= most else one[: most - 1] + "…"


def block(text: str, most: int) -> str:
    """Text whose lines stay: without control characters, and cut, with a word about it, after `most` characters."""
    kept = "".join(char for char in text if char.isprintable() or char in "\n\t").strip()
    if len(kept) <= most:
        return kept
    cut = kept[: max(0, most)].rpartition("\n")[0] or kept[: max(0, most)]
    return f"{cut}\n[cut here: {len(kept) - len(cut):,} of {len(kept):,} characters are left out]"
