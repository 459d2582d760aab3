"""What an output's format could not hold, as warnings."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Mapping

from backend.parcels.writing import Losses
from backend.protocol import Reporter


def warn_of_losses(losses: Losses, reporter: Reporter) -> None:
    """Reports outlines, texts, M values and types that were lost or changed."""
    if losses.emptied:
        reporter.warning("output.geometry_emptied", features=losses.emptied)
    if losses.cut:
        reporter.warning("output.text_cut", names=losses.cut)
    if losses.measures:
        reporter.warning("output.measures_lost")
    if losses.as_text:
        reporter.warning("output.as_text", names=losses.as_text)


def warn_of_renamed(renamed: Mapping[str, str], reporter: Reporter) -> None:
    """`renamed`: the names in the output by those in the layer."""
    if renamed:
        reporter.warning("output.field_renamed", names=[f"{old} as {new}" for old, new in renamed.items()])
