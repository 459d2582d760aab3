"""Pins uv with the digests of its wheels: `python3 scripts/pin_uv.py VERSION` writes what the installer checks.

pip downloads a wheel for each platform and compares it with the digest of the registry; the digests are written down
here, so that a file that is replaced later is refused.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

PINNED = Path(__file__).resolve().parents[1] / "crop_classifier_plugin" / "engine" / "uv.txt"
PLATFORMS = (
    "manylinux2014_x86_64", "manylinux2014_aarch64", "manylinux2014_i686", "manylinux2014_armv7l",
    "manylinux2014_ppc64le", "manylinux2014_s390x", "manylinux_2_31_riscv64",
    "musllinux_1_1_x86_64", "musllinux_1_1_aarch64", "musllinux_1_1_i686", "musllinux_1_1_armv7l",
    "macosx_10_12_x86_64", "macosx_11_0_arm64", "win32", "win_amd64", "win_arm64",
)  # fmt: skip
HEAD = "# uv, which fills the engine's environment, with the digests of its wheels. Written by scripts/pin_uv.py.\n"


def download(version: str, folder: Path) -> None:
    """The wheels of all platforms. Raises CalledProcessError where one is missing."""
    for platform in PLATFORMS:
        options = ["--no-deps", "--only-binary", ":all:", "--platform", platform, "--dest", str(folder)]
        command = [sys.executable, "-m", "pip", "download", "--quiet", f"uv=={version}", *options]
        subprocess.run(command, check=True)


def pinned(version: str, folder: Path) -> str:
    """A line for pip with the digest of each wheel of the folder."""
    wheels = sorted(folder.glob(f"uv-{version}-*.whl"))
    digests = sorted({hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels})
    return HEAD + " \\\n".join([f"uv=={version}", *(f"    --hash=sha256:{digest}" for digest in digests)]) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        download(sys.argv[1], Path(folder))
        PINNED.write_text(pinned(sys.argv[1], Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
