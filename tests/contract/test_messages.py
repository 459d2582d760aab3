"""The table of messages and the code that uses it: every code once, every field given."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import errors
from backend.messages import ERRORS, WARNINGS
from backend.vocabulary import CLASSIFIABLE, OUTLINES, QUALITY

ROOT = Path(__file__).resolve().parents[2]
CLASSES = {
    name: cls for name, cls in vars(errors).items() if inspect.isclass(cls) and cls.__module__ == errors.__name__
}
DECLARED = {name: cls for name, cls in CLASSES.items() if cls is not errors.EngineError}
COUNTED = {f"parcels.{name}" for name in [*OUTLINES, *(flag for flag in QUALITY if flag not in CLASSIFIABLE)]}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "backend").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def problems_of_construction(call: ast.Call, cls: type[errors.EngineError]) -> list[str]:
    """What is wrong with the arguments of an error's constructor, as far as its text says."""
    own = list(inspect.signature(cls.__init__).parameters.values())[1:]
    declared = not any(parameter.kind is parameter.VAR_POSITIONAL for parameter in own)
    names = [parameter.name for parameter in own] if declared else list(cls.takes)
    optional = frozenset() if declared else ERRORS[cls.code].optional
    named = [keyword.arg for keyword in call.keywords]
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return [f"{name} is not a field" for name in named if name not in names]
    given = [*names[: len(call.args)], *named]
    problems = ["too many arguments"] if len(call.args) > len(names) else []
    problems += [
        f"{name} is not a field, or given twice" for name in named if given.count(name) > 1 or name not in names
    ]
    return problems + [f"{name} is missing" for name in names if name not in given and name not in optional]


def constructions() -> Iterator[tuple[str, ast.Call, type[errors.EngineError]]]:
    for where, call in calls():
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if name in DECLARED:
            yield where, call, DECLARED[name]


def test_every_error_is_made_with_the_fields_of_its_text():
    found = list(constructions())
    assert len(found) > 150
    assert [(where, problem) for where, call, cls in found for problem in problems_of_construction(call, cls)] == []


@pytest.mark.parametrize("text", ["NoCrs()", "NoCrs(1, 2)", "NoCrs(path=1, way=2)", "NoCrs(1, path=2)", "DiskFull(1)"])
def test_a_wrong_construction_is_found(text):
    call = ast.parse(text, mode="eval").body
    assert problems_of_construction(call, DECLARED[call.func.id])


def warned() -> Iterator[tuple[str, str, ast.Call]]:
    """Where, the code, the call; codes that are put together or passed on are not among them."""
    for where, call in calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr == "warning" and call.args:
            if isinstance(call.args[0], ast.Constant):
                yield where, call.args[0].value, call
        elif isinstance(call.func, ast.Name) and call.func.id == "Remark":
            yield where, call.args[0].value, call


def test_every_warning_is_given_with_the_fields_of_its_text():
    for where, code, call in warned():
        text = WARNINGS[code]
        if len(call.args) == 2:  # a Remark's fields are a dict
            given = frozenset(key.value for key in call.args[1].keys)
        else:
            assert len(call.args) == 1, where
            given = frozenset(keyword.arg for keyword in call.keywords)
        text.check(given)


def test_every_entry_is_used_and_every_code_has_an_entry():
    assert {cls.code for cls in DECLARED.values()} | {"engine.fault"} == set(ERRORS)
    assert len(DECLARED) + 1 == len(ERRORS)  # no code twice
    assert {code for _, code, _ in warned()} | COUNTED == set(WARNINGS)


def test_every_error_is_used():
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "backend").rglob("*.py") if path.name != "errors.py"
    )
    assert [name for name in DECLARED if not re.search(rf"\b{name}\b", text)] == []


def test_a_code_stands_once_in_the_table():
    source = ast.parse((ROOT / "backend/messages.py").read_text(encoding="utf-8"))
    for table in (node for node in ast.walk(source) if isinstance(node, ast.Dict) and len(node.keys) > 20):
        keys = [key.value for key in table.keys]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("code", [*ERRORS, *WARNINGS])
def test_codes_are_well_formed_and_texts_are_sentences(code):
    assert re.fullmatch(r"[a-z]+\.[a-z0-9_]+", code)
    for table in (ERRORS, WARNINGS):
        if code in table and code != "engine.fault":
            assert table[code].message.rstrip("]").endswith((".", ".)"))
            assert not set(table[code].fields) & {"code", "message", "advice", "prefix"}


def test_messages_of_counted_parcels_match_the_vocabulary():
    for flag, text in [*OUTLINES.items(), *((f, t) for f, t in QUALITY.items() if f not in CLASSIFIABLE)]:
        assert WARNINGS[f"parcels.{flag}"].message == f"{{count}} of {{parcels}} parcels: {text[0].lower()}{text[1:]}."
