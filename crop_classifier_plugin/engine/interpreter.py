"""Finds a Python for the engine's environment and uv, which fills it; fetches uv where it is missing.

Standard library only, valid on Python 3.9, no QGIS.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Optional

from .shell import InstallCancelled, InstallError, Shell, ask, version

MINIMUM = (3, 11)
FETCHED = "3.12"  # what uv is asked for where no Python fits
PINNED_UV = Path(__file__).with_name("uv.txt")  # version and digests; scripts/pin_uv.py renews them
OLDEST_UV = (0, 7)  # --torch-backend came with it
NAMES = ("python3.13", "python3.12", "python3.11", "python3", "python", "python3.14")  # wheels come late for the newest


def find_python(given: Optional[Path]) -> Optional[str]:
    """A Python of at least MINIMUM; None where uv has to fetch one. Never QGIS's own executable.

    Raises InstallError when the given one is older or not a Python.
    """
    if given is not None:
        if version(str(given)) < MINIMUM:
            raise InstallError(
                f"{given} is not Python 3.11 or newer.", "Choose another one, or leave the choice empty."
            )
        return str(given)
    found = [shutil.which(name) for name in NAMES] + [ask("py", "-3", "-c", "import sys; print(sys.executable)")]
    return next((path for path in found if path and version(path) >= MINIMUM), None)


def find_uv(base: Optional[str], scratch: Path, pip_options: list[str], shell: Shell) -> Optional[str]:
    """The path of uv: the one that is here, else one fetched into `scratch`; None where that failed.

    Raises InstallError where no Python here has pip, or can make an environment that has it.
    """
    present = shutil.which("uv")
    if present and version(present) >= OLDEST_UV:
        return present
    hosts = _hosts(base)
    able = [host for host in hosts if has_pip(host) or makes_environments(host)]
    if hosts and not able:
        raise without_venv(hosts[0])
    for host in able:
        try:
            return _fetch_uv(host, scratch, pip_options, shell)
        except InstallCancelled:
            raise
        except InstallError as error:
            shell.say(error.message)
    return None


def _hosts(base: Optional[str]) -> list[str]:
    """Pythons that can fetch uv: any version will do, the one that QGIS brings along too."""
    prefix, beside = Path(sys.base_prefix), Path(sys.executable).parent
    bundled = [prefix / "python.exe", prefix / "bin" / "python3", beside / "bin" / "python3"]
    return [base] if base else [str(path) for path in bundled if version(str(path)) > (0,)]


def has_pip(python: str) -> bool:
    return bool(ask(python, "-m", "pip", "--version"))


def makes_environments(python: str) -> bool:
    """Whether `python -m venv` works; Debian and Ubuntu keep what it needs in a package of its own."""
    return bool(ask(python, "-c", "import ensurepip, venv; print(ensurepip.version())"))


def without_venv(python: str) -> InstallError:
    message = f"{python} cannot make environments, since its module ensurepip is missing."
    return InstallError(message, "On Debian and Ubuntu, install it with: sudo apt-get install python3-venv")


def _fetch_uv(host: str, scratch: Path, pip_options: list[str], shell: Shell) -> str:
    pip = ["-m", "pip", "install", "--quiet", *pip_options]
    pip += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", str(PINNED_UV)]
    if has_pip(host):
        shell.run(host, *pip, "--target", str(scratch))
        return str(scratch / "bin" / "uv")
    shell.run(host, "-m", "venv", str(scratch))  # Debian's Python has pip only inside environments
    shell.run(str(python_of(scratch)), *pip)
    return str(python_of(scratch).with_name("uv"))


def python_of(environment: Path) -> Path:
    """The interpreter of an environment, whether it is there yet or not."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
