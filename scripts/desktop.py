"""A real QGIS Desktop on a virtual screen, with the plugin installed from its zip into a throw-away profile.

Standard library only: the tests run it with QGIS's Python, scripts/screenshots.py with the engine's.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent
sys.path.insert(0, str(SCRIPTS))
from package import package  # noqa: E402

PROGRAMS = ("qgis", "xvfb-run", "openbox")
SETTINGS = """\
[PythonPlugins]
crop_classifier=true
[qgis]
showTips=false
checkVersion=false
[core]
NewsFeed\\disabled=true
[locale]
overrideFlag=true
userLocale=en_US
"""


def missing_programs() -> list[str]:
    """What a Desktop on a virtual screen needs and this machine lacks."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def install_plugin(folder: Path) -> Path:
    """A profiles folder whose one profile has the packed plugin, switched on; the path of the profile."""
    profile = folder / "profiles" / "default"
    shutil.rmtree(folder, ignore_errors=True)
    (profile / "QGIS").mkdir(parents=True)
    for name in ("QGIS3.ini", "QGIS4.ini"):
        (profile / "QGIS" / name).write_text(SETTINGS, encoding="utf-8")
    with zipfile.ZipFile(package(folder / "crop_classifier.zip")) as archive:
        archive.extractall(profile / "python" / "plugins")
    return profile


def run_story(
    profile: Path,
    story: Path,
    values: dict[str, Any],
    screen: str = "1280x800",
    timeout_s: float = 120,
    environment: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Starts QGIS, plays `story` (see desktop_story.py) with `values` in it, and returns its results.

    Raises RuntimeError with QGIS's own words when the story failed, QGIS crashed, or the time was over.
    """
    results = profile / "results.json"
    results.unlink(missing_ok=True)
    log = profile / "qgis.log"
    values = {**values, "results": str(results), "seconds": 0.9 * timeout_s}  # the story times out first
    server = f"-screen 0 {screen}x24 -nolisten tcp"
    options = ["--nologo", "--noversioncheck", "--profiles-path", str(profile.parents[1]), "--code", str(story)]
    # one shell for the window manager and QGIS, so that both end with the display
    desktop = ["sh", "-c", 'openbox & exec qgis "$@"', "sh", *options]
    command = ["xvfb-run", "--auto-servernum", "--server-args", server, *desktop]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command,
            env={**_environment(), **(environment or {}), "DESKTOP_STORY": json.dumps(values)},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that a QGIS that hangs can be ended with its display
        )
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            _end(process)
    answer = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {"error": "no results"}
    if code or answer.get("error"):
        words = log.read_text(encoding="utf-8", errors="replace")[-4000:]
        raise RuntimeError(f"QGIS ended with {code}: {answer.get('error') or 'no error'}\n{words}")
    return answer


def _environment() -> dict[str, str]:
    """This process's, without what tests of widgets set (the Desktop needs its screen), and with names in UTF-8.

    The Python inside QGIS takes the first python3 on PATH for its own: the system's must come before another one.
    """
    dropped = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    path = os.pathsep.join(filter(None, ("/usr/bin", os.environ.get("PATH"))))
    stories = str(SCRIPTS)  # where they find desktop_story.py
    return {**kept, "PATH": path, "LC_ALL": "C.UTF-8", "PYTHONPATH": stories}


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()
