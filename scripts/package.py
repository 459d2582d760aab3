"""Packs the plugin as pb_tool.cfg says: `python3 scripts/package.py [build/crop_classifier.zip]`.

Standard library only. Unlike `pb_tool zip` it leaves compiled Python out and makes the same bytes from the same files.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import configparser
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = ("__pycache__", ".pyc", ".pyo", ".ts", "~")  # made by Python, sources of translations, editors' copies
TIME = (2020, 1, 1, 0, 0, 0)


def members(config: configparser.ConfigParser) -> Iterator[Path]:
    """The files to pack, in order; raises FileNotFoundError for one that is named and missing."""
    files = config["files"]
    for name in f"{files['python_files']} {files['extras']}".split():
        yield ROOT / name
    for folder in files["extra_dirs"].split():
        if not (ROOT / folder).is_dir():
            raise FileNotFoundError(f"pb_tool.cfg names the folder {folder}, which is missing")
        yield from sorted(path for path in (ROOT / folder).rglob("*") if path.is_file() and _is_shipped(path))


def _is_shipped(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return not any(part.startswith(".") or part.endswith(LEFT_OUT) for part in parts)


def package(target: Path) -> Path:
    """Writes the zip: one top folder, named as the plugin."""
    config = configparser.ConfigParser()
    config.read_string((ROOT / "pb_tool.cfg").read_text(encoding="utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in members(config):
            entry = zipfile.ZipInfo(f"{config['plugin']['name']}/{path.relative_to(ROOT).as_posix()}", TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "crop_classifier.zip"
    made = package(chosen)
    print(f"{made} ({made.stat().st_size / 1e3:,.0f} kB)")
