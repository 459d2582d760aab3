"""Writes `i18n/crop_classifier_LANGUAGE.ts`, or completes it: every text of plugin, options, messages and flags.

python scripts/translations.py fr
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import ast
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree  # nosec B405

ROOT = Path(__file__).resolve().parents[1]
CONTEXT = "CropClassifier"


def texts() -> list[str]:
    """Each text once, in the order in which it stands in the source."""
    return list(dict.fromkeys([*_of_the_source(), *_of_the_options(), *_of_the_messages(), *_of_the_flags()]))


def _of_the_source() -> Iterator[str]:
    """The texts that stand in `tr("...")`."""
    for path in sorted((ROOT / "crop_classifier_plugin").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                yield ast.literal_eval(node.args[0])


def _of_the_options() -> Iterator[str]:
    """What the plugin shows of the options that it offers."""
    for row in runpy.run_path(str(ROOT / "backend" / "options.py"))["OPTIONS"]:
        if row.label:
            yield from filter(None, (row.label, row.help, row.otherwise, row.unit, row.expected))


def _of_the_messages() -> Iterator[str]:
    """The templates of the engine's errors and warnings."""
    tables = runpy.run_path(str(ROOT / "backend" / "messages.py"))
    for text in [*tables["ERRORS"].values(), *tables["WARNINGS"].values()]:
        yield from filter(None, (text.message, text.advice))


def _of_the_flags() -> Iterator[str]:
    """The meanings of a parcel's flags, which are legends and reasons."""
    tables = runpy.run_path(str(ROOT / "backend" / "vocabulary.py"))
    for name in ("QUALITY", "AGREEMENT"):
        yield from tables[name].values()


def translations(path: Path) -> dict[str, str]:
    """The translations in a .ts file, by the English text; none where there is no file."""
    if not path.exists():
        return {}
    messages = ElementTree.parse(path).iter("message")  # noqa: S314 (our own file)  # nosec B314
    pairs = ((message.findtext("source", ""), message.findtext("translation", "")) for message in messages)
    return {source: translation for source, translation in pairs if translation}


def write(path: Path, language: str) -> int:
    """Keeps the translations that are there; gives how many texts have none."""
    known = translations(path)
    root = ElementTree.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = CONTEXT
    for text in texts():
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "source").text = text
        translation = ElementTree.SubElement(message, "translation")
        translation.text = known.get(text)
        if text not in known:
            translation.set("type", "unfinished")
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return sum(text not in known for text in texts())


if __name__ == "__main__":
    target = ROOT / "i18n" / f"crop_classifier_{sys.argv[1]}.ts"
    print(f"{target}: {write(target, sys.argv[1])} texts without a translation")
