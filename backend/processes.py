"""Whether a process still runs, by its number: what a process that is gone left behind may be removed.

Standard library only.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import sys

_QUERY, _STILL_ACTIVE = 0x1000, 259  # PROCESS_QUERY_LIMITED_INFORMATION, and the exit code of one that runs


def is_running(pid: int) -> bool:
    """Whether another process than this one has the number `pid`."""
    if pid == os.getpid() or pid < 1:
        return False
    if sys.platform == "win32":
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # of another user; a number that no process has
        return pid < 1 << 31
    return True


def _is_running_on_windows(pid: int) -> bool:
    """Signal 0 would be Ctrl-C there."""
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(_QUERY, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    known = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return bool(known) and code.value == _STILL_ACTIVE
