"""The rules of the architecture and the style, as functions over the text of one file that return what breaks them.

Each takes a path relative to the repository root and the text of the file, and returns sentences; none: the rule holds.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

MOST_LINES = 330
# one list of many short entries each, which is why it stands in one file
LISTS = {"backend/errors.py": 440, "backend/messages.py": 700, "backend/options.py": 940}
MOST_FUNCTION_LINES = 40

# engine: what each part may import besides itself and SHARED
SHARED = {
    "",
    "protocol",
    "options",
    "crop_codes",
    "rare_classes",
    "installation",
    "json_document",
    "model_file",
    "locations",
    "model_preparation",
    "model_region",
    "model_zip",
    "npy_rows",
    "parcel_course",
    "results_folder",
    "results_tables",
    "spreadsheet",
    "store_files",
    "store_pixels",
    "messages",
    "errors",
    "files",
    "inputs",
    "memory",
    "processes",
    "staging",
    "transformations",
    "vocabulary",
}
SHARED_MAY_IMPORT = {
    "": {"api"},
    "errors": {"messages"},
    "installation": {"errors", "protocol"},
    "files": {"errors", "memory", "processes"},
    "inputs": {"errors", "files"},
    "memory": {"errors"},
    "staging": {"files", "processes"},
    "protocol": {"json_document"},
    "rare_classes": {"crop_codes"},
    "results_folder": {"json_document", "results_tables"},
    "npy_rows": {"json_document"},
    "store_pixels": {"json_document", "npy_rows", "store_files"},
    "parcel_course": {"store_pixels"},
    "model_zip": {"json_document"},
    "model_preparation": {"json_document"},
    "model_region": {"json_document"},
    "model_file": {"json_document", "model_preparation", "model_region", "model_zip"},
}  # the others import nothing of ours
PARTS = {"imagery", "parcels", "series", "published", "models", "learning", "experiments", "reports", "simulation"}
MAY_IMPORT = {
    "__main__": {"commands", "console"},
    "console": set(),
    "api": {"workflows"},
    "commands": {"workflows", "reports"},  # of reports, scores as text
    "workflows": PARTS,
    "imagery": set(),
    "parcels": set(),
    "series": {"imagery", "parcels"},
    "published": {"imagery", "series"},  # of imagery, the names of bands and dates
    "models": set(),
    "learning": {"series", "models"},
    "experiments": {"learning", "series", "models"},
    "reports": set(),
    "simulation": set(),
}
LEAVES = {"settings"}  # of the plugin: they import nothing of it, so that every part may use them
# plugin: what each part must not import; any other part is a leaf that all may use
UPPER = {"plugin", "ui", "processing"}
FILES_OF_LAYERS = {"parcel_source", "styles", "legend"}
MUST_NOT_IMPORT = {"plugin": set(), "ui": {"plugin"}, "processing": {"plugin", "ui"}, "engine": UPPER | FILES_OF_LAYERS}
UNSAFE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
BROAD = {"Exception", "BaseException"}


def imported(path: str, source: str) -> Iterator[str]:
    """Every module that a file imports, as an absolute dotted name (`backend.series.store`)."""
    package = list(PurePosixPath(path).parts[:-1])
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


class _Run(ast.NodeTransformer):
    """Leaves out what stands under `if TYPE_CHECKING:`, which no interpreter runs."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return node.orelse if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else node


def _as_run(source: str) -> str:
    return ast.unparse(_Run().visit(ast.parse(source)))


def part(path: str) -> str:
    """The part of its half that a file belongs to: `series` for `backend/series/store.py`, "" for `__init__.py`."""
    name = PurePosixPath(path).parts[1]
    return name.removesuffix(".py").replace("__init__", "")


def _part_of_module(module: str, half: str, parts: set[str]) -> str | None:
    names = module.split(".")
    if names[0] != half:
        return None
    return names[1] if len(names) > 1 and names[1] in parts else ""


def engine_layers(path: str, source: str) -> list[str]:
    """`__main__ -> commands -> workflows -> parts`, and between the parts what MAY_IMPORT says."""
    own = part(path)
    if own not in {*MAY_IMPORT, *SHARED}:
        return [f"{path}: tests/contract/rules.py does not know the part {own!r}; give it a place in MAY_IMPORT"]
    if own in SHARED:
        allowed = {own, "", None, *SHARED_MAY_IMPORT.get(own, ())}
    else:
        allowed = {own, *SHARED, *MAY_IMPORT[own], None}
    targets = {_part_of_module(module, "backend", {*MAY_IMPORT, *SHARED}) for module in imported(path, source)}
    return [f"{path}: {own or 'backend'} must not import {target}" for target in sorted(targets - allowed)]


def without_a_command_line(path: str, source: str) -> list[str]:
    """What the engine does knows of no command line: it takes typed specs, and returns typed results."""
    found = {module.split(".")[0] for module in imported(path, source)} & {"click", "argparse"}
    arguments = [f"{path}: reads sys.argv"] if re.search(r"\bsys\.argv\b", source) else []
    return [f"{path}: must not import {name}" for name in sorted(found)] + arguments


def engine_without_qgis(path: str, source: str) -> list[str]:
    found = {module.split(".")[0] for module in imported(path, source)}
    return [
        f"{path}: the engine must not import {name}" for name in sorted(found & {"qgis", "osgeo", "PyQt5", "PyQt6"})
    ]


def plugin_layers(path: str, source: str) -> list[str]:
    """`ui -> processing -> engine`; layers and other single files import the engine only, settings nothing."""
    own = part(path)
    if own in LEAVES:
        ours = sorted(m for m in imported(path, source) if m.startswith("crop_classifier_plugin"))
        return [f"{path}: {own} must not import {module}" for module in ours]
    forbidden = MUST_NOT_IMPORT.get(own, UPPER) - {own}
    targets = {
        _part_of_module(module, "crop_classifier_plugin", UPPER | FILES_OF_LAYERS) for module in imported(path, source)
    }
    return [f"{path}: {own} must not import {target}" for target in sorted(t for t in targets if t in forbidden)]


def plugin_imports(path: str, source: str) -> list[str]:
    """The standard library, `qgis` and the plugin itself; Qt through `qgis.PyQt`; the engine for its types only."""
    own = {"qgis", "crop_classifier_plugin", ""}
    roots, run = ({module.split(".")[0] for module in imported(path, text)} for text in (source, _as_run(source)))
    roots -= {"backend"} - run
    return [f"{path}: the plugin must not import {name}" for name in sorted(roots - own - set(sys.stdlib_module_names))]


def standard_library_only(path: str, source: str) -> list[str]:
    """And what SHARED_MAY_IMPORT allows, by a relative name: the plugin loads these files into another package."""
    allowed = {f".{name}" for name in SHARED_MAY_IMPORT.get(part(path), ())} | set(sys.stdlib_module_names)
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or "").split(".")[0])
    return [f"{path}: imports {name}, which is not in the standard library" for name in sorted(names - allowed)]


def python_39(path: str, source: str) -> list[str]:
    """Syntax of Python 3.9, and none of the newer arguments that its grammar does not show."""
    try:
        tree = ast.parse(source, feature_version=(3, 9))
    except SyntaxError as error:
        return [f"{path}:{error.lineno}: not valid on Python 3.9: {error.msg}"]
    newer = {("dataclass", "slots"), ("dataclass", "kw_only"), ("zip", "strict")}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    used = [(call, keyword.arg) for call in calls for keyword in call.keywords if (call.func.id, keyword.arg) in newer]
    problems = [f"{path}:{call.lineno}: {call.func.id}({name}=) came with Python 3.10" for call, name in used]
    if "from __future__ import annotations" not in source:
        problems += [f"{path}:{line}: X | Y needs the annotations future" for line in _union_lines(tree)]
    return problems


def _union_lines(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            parts = ast.walk(annotation) if annotation is not None else ()
            yield from (p.lineno for p in parts if isinstance(p, ast.BinOp) and isinstance(p.op, ast.BitOr))


def short(path: str, source: str) -> list[str]:
    """Files and functions that can be taken in; a function's docstring does not count."""
    lines, most = source.count("\n"), LISTS.get(path, MOST_LINES)
    problems = [f"{path}: {lines} lines, at most {most}"] if lines > most else []
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    long = [(node, length) for node in functions if (length := _body_lines(node)) > MOST_FUNCTION_LINES]
    return problems + [f"{path}:{node.lineno}: {node.name} has {length} lines" for node, length in long]


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    documented = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return node.end_lineno - node.lineno + 1 - docstring


def headed(path: str, source: str) -> list[str]:
    """A first line that says what the file is for, and the licence line after it."""
    problems = [] if ast.get_docstring(ast.parse(source)) else [f"{path}: has no docstring"]
    licensed = re.search(r"^# SPDX-License-Identifier: GPL-2\.0-or-later$", source, re.MULTILINE)
    return problems + ([] if licensed else [f"{path}: has no SPDX line"])


def catches(path: str, source: str, *, edge: bool = False) -> list[str]:
    """No bare except anywhere; `except Exception` at a process edge alone."""
    handlers = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler)]
    bare = [f"{path}:{node.lineno}: bare except" for node in handlers if node.type is None]
    broad = [
        node
        for node in handlers
        if node.type is not None and BROAD & {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
    ]
    return bare + (
        [] if edge else [f"{path}:{node.lineno}: broad except away from the process edges" for node in broad]
    )


def no_print(path: str, source: str) -> list[str]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        f"{path}:{call.lineno}: print" for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]


def plain_texts(path: str, source: str) -> list[str]:
    """Labels and message boxes come from ui/plain_widgets.py; a tooltip is translated or goes through tooltip()."""
    problems = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        if name == "QLabel" or name.startswith("QMessageBox"):
            problems.append(f"{path}:{call.lineno}: {name}")
        if name.endswith(".setToolTip") and not ast.unparse(call.args[0]).startswith(("tr(", "tooltip(")):
            problems.append(f"{path}:{call.lineno}: a tooltip that is not escaped")
    return problems


def no_pickle(path: str, source: str) -> list[str]:
    """Nothing that runs code hidden in a file it reads."""
    problems = [
        f"{path}: imports {m}" for m in imported(path, source) if set(m.split(".")) & UNSAFE or m == "torch.load"
    ]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "torch.load":
            problems.append(f"{path}:{node.lineno}: torch.load")
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
            problems.append(f"{path}:{node.value.lineno}: allow_pickle")
    return problems


def no_machine_paths(path: str, source: str) -> list[str]:
    """No folder of the machine that the file was written on."""
    folders = "|".join(["work", "opt", "home", "root", "Users", "mnt"])
    pattern = re.compile(rf"(?<![\w.~*/}}>\-])/(?:{folders})/\w|\b[A-Z]:\\\\?Users")
    lines = enumerate(source.splitlines(), start=1)
    return [f"{path}:{number}: {line.strip()[:80]}" for number, line in lines if pattern.search(line)]


def absent_pages(path: str, source: str) -> list[str]:
    """No page that is not in the repository: readers cannot look it up. Code says ROOT / "../shared/data" itself."""
    pages = "|".join(["DESIGN", "PEERS", "STYLE", "QGIS"])
    pattern = re.compile(rf"\b(?:{pages})\.md\b|\b(?:DESIGN|PEERS)\b|\bSTYLE (?:section|rule)|(?<!\.\./)\bshared/")
    lines = enumerate(source.splitlines(), start=1)
    return [f"{path}:{number}: {line.strip()[:80]}" for number, line in lines if pattern.search(line)]


def plain_words(path: str, source: str) -> list[str]:
    """No words of a dialect of our own where the field has usual ones: reported, hyperparameters, issue, check."""
    pattern = re.compile(r"\b(?:told|untaught|oddity|oddities|deadly|warmth|(?:is|are) said)\b", re.IGNORECASE)
    lines = enumerate(source.splitlines(), start=1)
    return [f"{path}:{number}: {line.strip()[:80]}" for number, line in lines if pattern.search(line)]


def web_addresses(path: str, source: str) -> list[str]:
    """Placeholders under example.org, and the names of XML formats, which nobody fetches."""
    names_of_formats = {"www.w3.org", "mrcc.com", "www.opengis.net"}
    hosts = set(re.findall(r"https?://([\w.-]+)", source))
    foreign = {host for host in hosts - names_of_formats if host != "example.org" and not host.endswith(".example.org")}
    return [f"{path}: names the web address of {host}" for host in sorted(foreign)]


def third_party(path: str, source: str) -> set[str]:
    """The distributions that a file imports from."""
    roots = {module.split(".")[0] for module in imported(path, source)} - {"backend"} - set(sys.stdlib_module_names)
    names = {"sklearn": "scikit-learn"}  # else an underscore where the distribution has a hyphen
    return {names.get(name, name.replace("_", "-")) for name in roots}


def requirement_name(line: str) -> str:
    """`torch` for `torch==2.13.0  # the networks`."""
    return re.split(r"[^\w.-]", line, maxsplit=1)[0].lower()
