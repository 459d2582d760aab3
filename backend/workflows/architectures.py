"""The architectures with their figures: what `models` lists."""

# SPDX-License-Identifier: GPL-2.0-or-later
from backend.models.build import describe

__all__ = ["describe"]
