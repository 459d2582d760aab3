"""The architectures and their sizes, as `models` lists them."""

# SPDX-License-Identifier: GPL-2.0-or-later
from backend.models.build import describe

__all__ = ["describe"]
