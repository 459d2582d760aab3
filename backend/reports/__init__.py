"""Reports: the HTML page with its JSON and CSV, the map picture, the table for a terminal.

Takes plain tables and arrays (the report document of docs/contracts.md) and knows no sibling.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from backend.reports.writing import places, prepare, write

__all__ = ["places", "prepare", "write"]
