"""The files of the repository that the rules are applied to."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = ("build", "__pycache__", ".")  # made by tools; hidden folders


def python_files(*folders: str) -> list[str]:
    """Every Python file below the folders (or the file itself), relative to the root."""
    found = [
        path
        for folder in folders
        for path in ([ROOT / folder] if folder.endswith(".py") else (ROOT / folder).rglob("*.py"))
    ]
    return sorted(path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts)


def text_files() -> list[str]:
    """Every file of the repository that is text, as git lists them, or as they lie where there is no git."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.split("\0") if listed.returncode == 0 else _walked()
    return sorted(name for name in names if name and (ROOT / name).is_file() and _is_text(ROOT / name))


def _walked() -> list[str]:
    paths = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    return [path.as_posix() for path in paths if not any(part.startswith(SKIPPED) for part in path.parts)]


def _is_text(path: Path) -> bool:
    return b"\0" not in path.read_bytes()[:4096]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
