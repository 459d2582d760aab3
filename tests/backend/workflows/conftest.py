"""The same season as the commands' tests."""

# SPDX-License-Identifier: GPL-2.0-or-later
from tests.backend.commands.conftest import region

__all__ = ["region"]
