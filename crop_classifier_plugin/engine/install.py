"""Makes the engine's own Python environment: finds a Python and uv, installs the packages, runs `doctor`.

Standard library only, valid on Python 3.9, no QGIS. Also a program, run from the folder that holds `backend`:

    python3 -m crop_classifier_plugin.engine.install LOCATION [--extras test] [--torch auto|cpu|cuda] [--wheels DIR]
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

from .interpreter import FETCHED, MINIMUM, find_python, find_uv, makes_environments, python_of, without_venv
from .shell import InstallCancelled, InstallError, Shell, environment, version

__all__ = [
    "InstallCancelled",
    "InstallError",
    "InstallPlan",
    "default_location",
    "install",
    "is_ready",
    "python_of",
    "remove",
]

ROOT = Path(__file__).resolve().parents[2]  # the folder that holds backend/
TORCH = ("auto", "cpu", "cuda")
DISK_GB = {"cpu": 3, "cuda": 8}
CONSTRAINTS = ROOT / "backend" / "constraints.txt"  # the versions that were tested; absent while newer ones are tried
DIGESTS = "digests{}.txt"  # of the files of these versions, but for PyTorch's; the name with "-" and an extra
OTHER_FILE = re.compile(
    r"(?:Hash mismatch for `|^ {4})([\w.-]+==[\w.+]+)(?:`| from )", re.MULTILINE
)  # uv's, pip's words
READY, BUILDING, LOG = "ready.json", "building", "install.log"

# Runs `python -m backend` of this copy, apart from user packages and from the working folder.
RUN_ENGINE = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module('backend', run_name='__main__', alter_sys=True)"
)


@dataclass(frozen=True)
class InstallPlan:
    """What to make and where.

    python: the base interpreter, else one is searched; torch: `auto` takes the GPU build where an NVIDIA driver is;
    wheels: a folder to install from without internet; extras: `test` adds what the tests need.
    """

    location: Path
    python: Optional[Path] = None
    torch: str = "auto"
    wheels: Optional[Path] = None
    extras: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.torch not in TORCH:
            raise InstallError(f"torch: expected one of {', '.join(TORCH)}, found {self.torch!r}.")
        if self.wheels is not None and not any(self.wheels.glob("*.whl")):
            raise InstallError(f"{self.wheels} holds no wheels (*.whl).", "Choose the folder of downloaded packages.")

    @property
    def hardware(self) -> str:
        """`cuda` or `cpu`."""
        return "cuda" if self.torch == "cuda" or (self.torch == "auto" and _has_nvidia_driver()) else "cpu"

    @property
    def wheel_options(self) -> list[str]:
        return ["--no-index", "--find-links", str(self.wheels)] if self.wheels else []


def _has_nvidia_driver() -> bool:
    return shutil.which("nvidia-smi") is not None or Path("/proc/driver/nvidia/version").exists()


def default_location() -> Path:
    """The user's data folder: outside the plugin's folder, which QGIS removes on upgrade."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "crop_classifier" / "engine"


def is_ready(location: Path, extras: tuple[str, ...] = ()) -> bool:
    """True when an installation came to its end here, for the packages this version asks for. Starts no process."""
    try:
        ready = json.loads((location / READY).read_text(encoding="utf-8"))
        current = ready["requirements"] == _fingerprint(ready["extras"])
        return current and set(extras) <= set(ready["extras"]) and python_of(location).exists()
    except (OSError, ValueError, KeyError, TypeError, InstallError):
        return False


def remove(location: Path) -> None:
    """Deletes an environment; raises InstallError for any other folder."""
    if location.exists() and not _is_environment(location):
        raise InstallError(f"{location} is not an environment of the engine; nothing was deleted.")
    if location.exists():
        shutil.rmtree(location)


def install(
    plan: InstallPlan, on_line: Callable[[str], None], is_cancelled: Callable[[], bool] = lambda: False
) -> Path:
    """Makes or completes the environment and returns its Python; a ready one is left as it is.

    Raises InstallError (with advice) or InstallCancelled. All that was done is in LOCATION/install.log.
    """
    python = python_of(plan.location)
    if is_ready(plan.location, plan.extras) and version(str(python)) >= MINIMUM:
        on_line(f"The engine's environment in {plan.location} is ready.")
        return python
    ready = {"requirements": _fingerprint(plan.extras), "extras": list(plan.extras), "torch": plan.hardware}
    _prepare(plan)
    with (plan.location / LOG).open("w", encoding="utf-8") as log:
        _build(plan, Shell(log, on_line, is_cancelled))
    (plan.location / READY).write_text(json.dumps(ready), encoding="utf-8")
    (plan.location / BUILDING).unlink()
    return python


def _build(plan: InstallPlan, shell: Shell) -> None:
    base = find_python(plan.python)
    with tempfile.TemporaryDirectory() as scratch:
        uv = find_uv(base, Path(scratch), plan.wheel_options, shell)
        _create(plan, base, uv, shell)
        _install_packages(plan, uv, shell)
    shell.say("Checking that the engine runs")
    shell.run(str(python_of(plan.location)), "-I", "-c", RUN_ENGINE, str(ROOT), "doctor", "--json")


def _prepare(plan: InstallPlan) -> None:
    """A folder of its own with room on the disk, marked as being built; what an earlier run left half done goes."""
    location = plan.location
    if location.is_file() or (location.is_dir() and any(location.iterdir()) and not _is_environment(location)):
        raise InstallError(f"{location} is in use for something else.", "Choose an empty folder, or a new one.")
    try:
        if (location / BUILDING).exists():
            shutil.rmtree(location)
        location.mkdir(parents=True, exist_ok=True)
        (location / BUILDING).touch()
        (location / READY).unlink(missing_ok=True)
    except OSError as error:
        raise InstallError(f"{location} cannot be written: {error}.", "Choose a folder of your own.") from error
    _check_disk(location, DISK_GB[plan.hardware])


def _is_environment(location: Path) -> bool:
    return (location / "pyvenv.cfg").is_file() or (location / BUILDING).is_file()


def _check_disk(location: Path, needed_gb: float) -> None:
    free_gb = shutil.disk_usage(location).free / 1e9
    if free_gb < needed_gb:
        raise InstallError(
            f"The disk of {location} has {free_gb:.1f} GB free; the engine needs {needed_gb:g} GB.",
            "Free some space, or choose a folder on another disk.",
        )


def _create(plan: InstallPlan, base: Optional[str], uv: Optional[str], shell: Shell) -> None:
    found = version(str(python_of(plan.location)))
    if found >= MINIMUM and (plan.python is None or found == version(str(plan.python))):
        return  # an environment whose list of packages has changed
    if uv:
        shell.run(uv, "venv", "--allow-existing", "--no-project", "--python", base or FETCHED, str(plan.location))
    elif base and plan.wheels:
        if not makes_environments(base):
            raise without_venv(base)
        shell.run(base, "-m", "venv", str(plan.location))
    else:
        raise InstallError(
            "Found no Python 3.11 or newer that can install packages, and could not fetch uv, which would bring one.",
            "Check the internet connection and its proxy, or install Python 3.11 or newer with pip "
            "(on Debian and Ubuntu: sudo apt-get install python3 python3-venv).",
        )


def _install_packages(plan: InstallPlan, uv: Optional[str], shell: Shell) -> None:
    """First what has digests, each file compared with its own; then PyTorch and what it brings, by version."""
    python = str(python_of(plan.location))
    command = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    _install_tested_files(plan, command, shell)
    for path in _requirements(plan.extras):
        command += ["-r", str(path)]
    if CONSTRAINTS.exists():
        command += ["-c", str(CONSTRAINTS)]
    backend = _torch_backend(plan, version(python))
    if backend is None:
        return shell.run(*command, *plan.wheel_options)
    try:
        return shell.run(*command, f"--torch-backend={backend}")
    except InstallCancelled:
        raise
    except InstallError:
        shell.say("Trying once more without PyTorch's own index: a larger build, which also runs on the CPU")
        _check_disk(plan.location, DISK_GB["cuda"])
        return shell.run(*command)


def _install_tested_files(plan: InstallPlan, command: list[str], shell: Shell) -> None:
    """The packages that have digests; raises InstallError with the name of one that is another file."""
    listed = [word for path in _digests(plan.extras) for word in ("-r", str(path))]
    if not listed:
        return
    try:
        shell.run(*command, "--require-hashes", "--no-deps", *listed, *plan.wheel_options)
    except InstallCancelled:
        raise
    except InstallError as error:
        others = OTHER_FILE.findall((plan.location / LOG).read_text(encoding="utf-8"))
        if not others:
            raise
        raise InstallError(
            f"{', '.join(dict.fromkeys(others))}: the file is not the one that was tested, its digest differs.",
            "It may have been changed on its way: try again, or from another network. Packages that your organisation "
            f"builds itself are installed by version where {CONSTRAINTS.parent / DIGESTS.format('*')} are removed. "
            f"{error.advice}",
        ) from error


def _torch_backend(plan: InstallPlan, python: tuple[int, ...]) -> Optional[str]:
    """Which build uv takes from PyTorch's index; None where the default index or a local folder has the fitting one."""
    if plan.wheels or (plan.torch != "cuda" and _has_local_torch(python)):
        return None
    if plan.hardware == "cuda":
        return "auto"  # the one that fits the driver
    return "cpu" if sys.platform.startswith("linux") else None  # elsewhere the default build is the CPU's


def _has_local_torch(python: tuple[int, ...]) -> bool:
    """A wheel in UV_FIND_LINKS: asking PyTorch's index as well would need that index to answer."""
    folders = filter(None, environment().get("UV_FIND_LINKS", "").split(","))
    return any(any(Path(folder).glob(f"torch-*-cp{python[0]}{python[1]}-*.whl")) for folder in folders)


def _requirements(extras: tuple[str, ...]) -> list[Path]:
    names = ["requirements.txt", *(f"requirements-{extra}.txt" for extra in extras)]
    return [ROOT / "backend" / name for name in names]


def _digests(extras: tuple[str, ...]) -> list[Path]:
    """The lists of digests; none while newer versions are tried, or packages that were built elsewhere."""
    names = [DIGESTS.format(ending) for ending in ("", *(f"-{extra}" for extra in extras))]
    return [path for name in names if CONSTRAINTS.exists() and (path := CONSTRAINTS.with_name(name)).exists()]


def _fingerprint(extras: tuple[str, ...]) -> str:
    """Changes with any line of the lists of packages and versions."""
    lists = [*_requirements(extras), *([CONSTRAINTS] if CONSTRAINTS.exists() else [])]
    try:
        return hashlib.sha256(b"".join(path.read_bytes() for path in lists)).hexdigest()
    except OSError as error:
        raise InstallError(f"The list of packages cannot be read: {error}.", "Install the plugin again.") from error


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the engine's Python environment.")
    parser.add_argument("location", type=Path, help="folder of the environment")
    parser.add_argument("--python", type=Path, help="base interpreter (default: one that fits is searched)")
    parser.add_argument("--torch", choices=TORCH, default="auto", help="build of PyTorch (default: %(default)s)")
    parser.add_argument("--wheels", type=Path, help="folder of downloaded packages, used instead of the internet")
    parser.add_argument("--extras", nargs="*", default=[], metavar="NAME", help="further lists of packages: test")
    given = parser.parse_args()
    own = Path(sys.executable) if sys.version_info >= MINIMUM else None  # run as a program, this is a Python
    try:
        location, python = given.location.absolute(), given.python or own
        plan = InstallPlan(location, python, given.torch, given.wheels, tuple(given.extras))
        install(plan, _tell)
    except InstallError as error:
        sys.stderr.write(f"{error.message} {error.advice}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
