"""Reports: the HTML page with its JSON and CSV, the PDF, the figures, the map picture, the table for a terminal.

Takes plain tables and arrays (the report document of docs/contracts.md) and knows no sibling.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from backend.reports.writing import Forms, places, prepare, write

__all__ = ["Forms", "places", "prepare", "write"]
