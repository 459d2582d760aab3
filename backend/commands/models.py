"""`models`: the architectures, their size and their view."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import click

from backend.commands import Outcome
from backend.protocol import Reporter
from backend.workflows.architectures import describe


@click.command("models")
@click.pass_obj
def command(reporter: Reporter) -> Outcome:
    """List the architectures: parameters (for 10 bands, 24 dates, 19 classes), temporal share of them, and view."""
    rows = describe()
    lines = [f"{'name':18}{'parameters':>11}{'in time':>9}  {'view':14}title"]
    for row in rows:
        parameters = "-" if row["parameters"] is None else f"{row['parameters']:,}"
        ratio = "-" if row["temporal_ratio"] is None else f"{row['temporal_ratio']:.1f}"
        lines.append(f"{row['name']:18}{parameters:>11}{ratio:>9}  {row['view']:14}{row['title']}")
    return Outcome(rows, "\n".join(lines))
