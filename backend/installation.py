"""Whether this Python can run the engine: its version and its packages. Standard library only, valid on Python 3.9."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import platform
import re
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from backend.errors import EngineError, MissingPackages, OldPython
from backend.protocol import Failed, encode

MINIMUM = (3, 11)
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def packages() -> Tuple[Dict[str, str], List[str]]:
    """The versions of the packages that the engine needs, and the names of those that are missing."""
    found, missing = {}, []
    for name in _required():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            missing.append(name)
    return found, missing


def _required() -> List[str]:
    """The names in the list that the engine is installed from."""
    lines = (line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in lines if line]


def problem() -> Optional[EngineError]:
    """OldPython or MissingPackages; None where this Python can run the engine."""
    if sys.version_info < MINIMUM:
        return OldPython(".".join(map(str, MINIMUM)), sys.executable, platform.python_version())
    missing = packages()[1]
    return MissingPackages(missing, sys.executable, REQUIREMENTS) if missing else None


def require_command_line(arguments: Sequence[str]) -> None:
    """Ends the process, with the reason in the form that was asked for, where not even the command line can be loaded.

    The other packages are checked only after a failed import: reading all their versions takes as long as the help.
    """
    error = None if sys.version_info >= MINIMUM and find_spec("click") else problem()
    if error is None:
        return
    failed = Failed(error.code, error.message, error.advice, error.fields)
    if arguments[:1] == ["--job"] or "--events" in arguments:
        sys.stdout.write(encode(failed) + "\n")
    else:
        sys.stderr.write(f"Error [{failed.code}]: {failed.message}\n{failed.advice}\n")
        if "--json" in arguments:
            sys.stdout.write(json.dumps({"failed": asdict(failed)}) + "\n")
    sys.exit(1)
