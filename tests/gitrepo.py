"""Real repositories to test with, and a fingerprint of everything in one that must not change."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

WHO = ["-c", "user.name=A Person", "-c", "user.email=person@example.org"]


def git(where: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(where), *WHO, *args], check=True, capture_output=True)
    return os.fsdecode(done.stdout).strip()


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def repository(root: Path, files: dict[str, str | bytes], *options: str) -> Path:
    root.mkdir(parents=True)
    git(root, "init", "--quiet", "--initial-branch=main", *options)
    write(root, files)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "first")
    return root


def fingerprint(root: Path) -> dict[str, str]:
    """Content, mode and times of every file below `root`; without our study, our refs and their reflogs, objects."""
    prints = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            inside = path.relative_to(root).as_posix()
            if inside.startswith((".autoresearch/", ".git/objects/")) or "/autoresearch/" in inside:
                continue
            info = path.lstat()
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            prints[inside] = f"{hashlib.sha256(content).hexdigest()} {info.st_mode:o} {info.st_mtime_ns}"
    return prints
