"""Writes the tables of algorithms into `docs/processing.md`, from the provider; a test compares the two. Needs QGIS:

QT_QPA_PLATFORM=offscreen .venv-qgis/bin/python scripts/algorithm_tables.py
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Iterable, Iterator, List

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "processing.md"
START, END = "<!-- algorithms: written by scripts/algorithm_tables.py -->", "<!-- end of algorithms -->"
KINDS = {
    "source": "layer", "vectorDestination": "layer", "outputVector": "layer", "fileDestination": "file",
    "outputFile": "file", "folderDestination": "folder", "outputFolder": "folder", "outputNumber": "number",
    "outputString": "text", "string": "text", "enum": "choice", "boolean": "yes or no", "crs": "coordinate system",
}  # fmt: skip


def tables(algorithms: Iterable[Any]) -> str:
    """What goes in and comes out of each algorithm, then an example of each."""
    found = list(algorithms)
    head = "| algorithm | inputs | outputs |\n|---|---|---|"
    rows = "\n".join(_row(algorithm) for algorithm in found)
    examples = "\n".join(algorithm.command_line() for algorithm in found)
    return f"{head}\n{rows}\n\nAn example of each:\n\n```sh\n{examples}\n```"


def _row(algorithm: Any) -> str:
    name = f"`{algorithm.name()}`, {algorithm.displayName()}"
    return f"| {name} | {'<br>'.join(_inputs(algorithm))} | {'<br>'.join(_outputs(algorithm))} |"


def _inputs(algorithm: Any) -> Iterator[str]:
    """The parameters that are not advanced, which are counted."""
    advanced = 0
    for parameter in algorithm.parameterDefinitions():
        if parameter.flags() & parameter.Flag.FlagAdvanced:
            advanced += 1
        elif not parameter.isDestination():
            needed = "" if parameter.flags() & parameter.Flag.FlagOptional else ", required"
            given = needed if parameter.defaultValue() is None else ""
            yield f"`{parameter.name()}` ({_kind(parameter)}{given}): {_cell(parameter.help())}"
    if advanced:
        yield f"and {advanced} advanced ones"


def _outputs(algorithm: Any) -> Iterator[str]:
    for output in algorithm.outputDefinitions():
        yield f"`{output.name()}` ({KINDS[output.type()]}): {_cell(output.description())}"


def _kind(parameter: Any) -> str:
    if parameter.type() == "file":
        return "folder" if parameter.behavior() == parameter.Behavior.Folder else "file"
    return KINDS.get(parameter.type(), parameter.type())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def page(text: str, algorithms: Iterable[Any]) -> str:
    """The page with the tables of now between the two marks."""
    before, rest = text.split(START)
    return f"{before}{START}\n\n{tables(algorithms)}\n\n{END}{rest.split(END)[1]}"


def main(arguments: List[str]) -> None:
    from qgis.core import QgsApplication

    application = QgsApplication(arguments, False)
    application.initQgis()
    sys.path.insert(0, str(ROOT))
    from crop_classifier_plugin.processing.provider import CropClassifierProvider

    provider = CropClassifierProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), ordered(provider)), encoding="utf-8")
    QgsApplication.processingRegistry().removeProvider(provider)
    application.exitQgis()


def ordered(provider: Any) -> List[Any]:
    """The algorithms as the provider lists them: as they follow each other in a project."""
    from crop_classifier_plugin.processing.provider import ALGORITHMS

    return [provider.algorithm(kind().name()) for kind in ALGORITHMS]


if __name__ == "__main__":
    main([])
