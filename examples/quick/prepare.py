"""Make the three texts of this task from the King James Bible, or check the ones that lie in data/.

    bible -f gen1:1-rev22:21 | python prepare.py     write data/ anew (Debian's bible-kjv prints the text)
    python prepare.py --check                        exit 1 unless data/ is what SHA256SUMS says, and disjoint

Chapters are the documents. They are dealt out in the order of a hash of their names: first to validation, then to
the holdout, then to training; a chapter that shares thirteen words in a row with an earlier split is left out.
"""

import hashlib
import re
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"
SIZES = {"val": 64 * 1024, "holdout": 64 * 1024, "train": 900 * 1024}  # least bytes of each split, in dealing order
NEAR = 13  # words in a row that make two passages near-duplicates


def chapters(bible):
    """Text of each chapter by name, one verse a line, from lines such as `Ge1:1 In the beginning ...`."""
    found = {}
    for line in bible.splitlines():
        book, number, verse = re.fullmatch(r"(\d?[A-Za-z]+)(\d+):\d+ (.+)", line).groups()
        found.setdefault(f"{book} {number}", []).append(verse.strip())
    return {name: "\n".join(verses) + "\n" for name, verses in found.items()}


def shingles(text):
    """Every run of NEAR words, case and punctuation aside."""
    words = re.findall(r"[a-z]+", text.lower())
    return {" ".join(words[i : i + NEAR]) for i in range(len(words) - NEAR + 1)}


def deal(documents):
    """Bytes of each split by name; inside a split, chapters stand in the order of the book."""
    waiting = sorted(documents, key=lambda name: hashlib.sha256(name.encode()).digest())
    splits, seen = {}, set()
    for split, least in SIZES.items():
        taken, size = set(), 0
        for name in waiting:
            if size < least and not shingles(documents[name]) & seen:
                taken.add(name)
                size += len(documents[name].encode()) + 1
        if size < least:
            raise SystemExit(f"Only {size} bytes for {split}, {least} wanted: feed the whole Bible.")
        splits[split] = "\n".join(text for name, text in documents.items() if name in taken).encode()
        seen |= shingles(splits[split].decode())
        waiting = [name for name in waiting if name not in taken]
    return splits


def sums(splits):
    """The manifest, as `sha256sum` writes it."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}.txt\n" for name, data in sorted(splits.items()))


def problems(splits, manifest):
    """What is wrong with the texts, a sentence each."""
    if sums(splits) != manifest:
        yield "data/ is not what data/SHA256SUMS says"
    names = sorted(splits)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            shared = shingles(splits[one].decode()) & shingles(splits[other].decode())
            if shared:
                yield f"{one} and {other} share {len(shared)} runs of {NEAR} words, such as: {min(shared)}"


def check():
    splits = {name: (DATA / f"{name}.txt").read_bytes() for name in SIZES}
    found = list(problems(splits, (DATA / "SHA256SUMS").read_text()))
    print("\n".join(found) or "data/ is intact and its splits share nothing.")
    return 1 if found else 0


def main():
    if "--check" in sys.argv:
        sys.exit(check())
    splits = deal(chapters(sys.stdin.read()))
    DATA.mkdir(exist_ok=True)
    for name, data in splits.items():
        (DATA / f"{name}.txt").write_bytes(data)
        print(f"{name}: {len(data)} bytes")
    (DATA / "SHA256SUMS").write_text(sums(splits))


if __name__ == "__main__":
    main()
