"""The page of results: what a classification found, with its parcels on the map."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from .page import ResultsPage

__all__ = ["ResultsPage"]
