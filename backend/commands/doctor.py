"""`doctor`: versions and devices, and whether they work."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import click

from backend.commands import Outcome
from backend.protocol import Reporter
from backend.workflows.doctor import Diagnosis, examine
from backend.workflows.documents import as_document


@click.command("doctor")
@click.pass_obj
def command(reporter: Reporter) -> Outcome:
    """Show versions and devices; each device is tested with a real computation."""
    found = examine()
    return Outcome(as_document(found), _text(found))


def _text(found: Diagnosis) -> str:
    lines = [f"engine {found.engine}, Python {found.python}"]
    lines += [f"{name:24}{number}" for name, number in found.packages.items()]
    lines += [
        f"{device['kind']:24}" + (f"works ({device['name']})" if device["works"] else f"not used: {device['note']}")
        for device in found.devices
    ]
    return "\n".join([*lines, *(f"problem: {text}" for text in found.problems)])
