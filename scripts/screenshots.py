"""Makes the pictures of docs/images from the real QGIS Desktop: `.venv/bin/python scripts/screenshots.py`.

Needs qgis, xvfb, openbox and chromium. A made-up region is simulated, learnt and classified in the plugin's dialogs
(screenshots_story.py); the training's report is drawn by the browser.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
import desktop  # noqa: E402
from PIL import Image  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WORK = Path(tempfile.gettempdir()) / "crops"  # short and of nobody, as it is seen in the pictures
REGION = ("--parcels", "420", "--dates", "24", "--seed", "1", "--crops", "10", "--least-parcels", "25")
EPOCHS = 80  # of dated-ltae
MOST_BYTES = 400_000
COLOURS = 256
REPORT_PX = "1100,1500"


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    region, shots = simulate(), WORK / "shots"
    clear(WORK.glob("classified*"))  # else the dialog asks whether to replace them
    shots.mkdir(exist_ok=True)
    engine = WORK / "engine"
    engine.unlink(missing_ok=True)
    engine.symlink_to(sys.prefix)
    profile = desktop.install_plugin(WORK / "profile")
    values = {**region, "shots": str(shots), "work": str(WORK), "engine": str(engine), "epochs": EPOCHS}
    own = {"TMPDIR": str(shots)}  # else QGIS takes the layers in WORK for temporary ones, and marks them so
    story = ROOT / "scripts" / "screenshots_story.py"
    results = desktop.run_story(profile, story, values, "1400x850", timeout_s=300, environment=own)
    draw_page(Path(results["report"]), shots / "report.png")
    for shot in sorted(shots.glob("*.png")):
        print(shrink(shot, IMAGES / shot.name))


def clear(paths: Iterable[Path]) -> None:
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def simulate() -> dict:
    """The region, made anew unless it is there."""
    note = WORK / "region.json"
    if not note.is_file():
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir()
        command = [sys.executable, "-m", "backend", "simulate", str(WORK / "region"), *REGION, "--json"]
        note.write_bytes(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    return json.loads(note.read_text(encoding="utf-8"))


def draw_page(page: Path, picture: Path) -> None:
    """The top of an HTML page, as a browser shows it."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={REPORT_PX}"]
    command = ["chromium", *options, f"--screenshot={picture}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True)


def shrink(source: Path, target: Path) -> str:
    """Without loss, unless that stays too big for a web page: then few colours, which a map can bear."""
    with Image.open(source) as picture:
        plain = picture.convert("RGB")
    plain.save(target, optimize=True)
    if target.stat().st_size > MOST_BYTES:
        plain.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(target, optimize=True)
    return f"{target.relative_to(ROOT)}  {target.stat().st_size / 1e3:.0f} kB"


if __name__ == "__main__":
    main()
