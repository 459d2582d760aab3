"""The rules find what they are there to find: each is tried on text that breaks it and on text that does not."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from tests.contract import rules

LONG = "def long():\n" + "    x = 1\n" * 41
DOCUMENTED = 'def told():\n    """' + "word\n" * 60 + '    """\n    return 1\n'
HEAD = '"""What it is for."""\n\n# SPDX-License-Identifier: GPL-2.0-or-later\n'

BROKEN = [
    (rules.engine_layers, "backend/imagery/a.py", "from ..parcels.read import f"),
    (rules.engine_layers, "backend/imagery/a.py", "from .. import series"),
    (rules.engine_layers, "backend/models/gru.py", "import backend.series.batch"),
    (rules.engine_layers, "backend/reports/html.py", "from backend.learning import metrics"),
    (rules.engine_layers, "backend/series/a.py", "def f():\n    from ..commands import extract"),
    (rules.engine_layers, "backend/commands/train.py", "from ..learning import training"),
    (rules.engine_layers, "backend/workflows/train.py", "from ..commands import options"),
    (rules.engine_layers, "backend/__main__.py", "from .series import store"),
    (rules.engine_layers, "backend/protocol.py", "from . import errors"),
    (rules.engine_layers, "backend/utils/a.py", ""),
    (rules.without_a_command_line, "backend/workflows/a.py", "import click"),
    (rules.without_a_command_line, "backend/workflows/a.py", "import sys\nsys.argv"),
    (rules.engine_without_qgis, "backend/imagery/a.py", "from qgis.core import QgsRasterLayer"),
    (rules.engine_without_qgis, "backend/imagery/a.py", "from osgeo import gdal"),
    (rules.plugin_layers, "crop_classifier_plugin/engine/a.py", "from ..processing import base"),
    (rules.plugin_layers, "crop_classifier_plugin/engine/a.py", "from ..styles import titles"),
    (rules.plugin_layers, "crop_classifier_plugin/processing/a.py", "from ..ui.dialog import D"),
    (rules.plugin_layers, "crop_classifier_plugin/styles.py", "from .processing import base"),
    (rules.plugin_layers, "crop_classifier_plugin/ui/a.py", "from .. import plugin"),
    (rules.plugin_layers, "crop_classifier_plugin/settings.py", "from .engine.protocol import DEFAULTS"),
    (rules.plugin_layers, "crop_classifier_plugin/settings.py", "from . import icons"),
    (rules.plugin_layers, "crop_classifier_plugin/settings.py", "import crop_classifier_plugin.translation"),
    (rules.plugin_imports, "crop_classifier_plugin/a.py", "import numpy as np"),
    (rules.plugin_imports, "crop_classifier_plugin/a.py", "from PyQt5.QtCore import Qt"),
    (rules.plugin_imports, "crop_classifier_plugin/a.py", "from backend import protocol"),
    (rules.plugin_imports, "crop_classifier_plugin/a.py", "from ..backend import protocol"),
    (rules.plugin_imports, "crop_classifier_plugin/a.py", "def f():\n    import torch"),
    (rules.plugin_imports, "crop_classifier_plugin/a.py", "if TYPE_CHECKING:\n    import torch"),
    (rules.plugin_imports, "crop_classifier_plugin/a.py", "if not TYPE_CHECKING:\n    import backend"),
    (rules.plugin_imports, "crop_classifier_plugin/a.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import backend"),
    (
        rules.plugin_imports,
        "crop_classifier_plugin/a.py",
        "if TYPE_CHECKING:\n    from backend import protocol\nfrom backend import protocol",
    ),
    (rules.standard_library_only, "backend/protocol.py", "import click"),
    (rules.standard_library_only, "backend/protocol.py", "from .model_zip import read"),
    (rules.standard_library_only, "backend/model_file.py", "from backend.model_zip import read"),
    (rules.plain_texts, "crop_classifier_plugin/ui/a.py", "QLabel(name)"),
    (rules.plain_texts, "crop_classifier_plugin/ui/a.py", "QMessageBox.question(self, title, text)"),
    (rules.plain_texts, "crop_classifier_plugin/ui/a.py", "item.setToolTip(name)"),
    (rules.python_39, "crop_classifier_plugin/a.py", "match x:\n    case 1: pass"),
    (rules.python_39, "crop_classifier_plugin/a.py", "def f(x: int | None): pass"),
    (rules.python_39, "crop_classifier_plugin/a.py", "@dataclass(frozen=True, slots=True)\nclass A: pass"),
    (rules.short, "a.py", LONG),
    (rules.short, "a.py", "x = 1\n" * 331),
    (rules.headed, "a.py", "x = 1\n"),
    (rules.headed, "a.py", '"""Has no licence."""\n'),
    (rules.catches, "a.py", "try:\n    f()\nexcept:\n    pass"),
    (rules.catches, "a.py", "try:\n    f()\nexcept (ValueError, Exception):\n    pass"),
    (rules.no_print, "a.py", "print(1)"),
    (rules.no_pickle, "a.py", "import pickle"),
    (rules.no_pickle, "a.py", "from sklearn.externals import joblib"),
    (rules.no_pickle, "a.py", "from torch import load"),
    (rules.no_pickle, "a.py", "model = torch.load(path, weights_only=True)"),
    (rules.no_pickle, "a.py", "np.load(path, allow_pickle=True)"),
    (rules.no_machine_paths, "a.md", "see /" + "work/main/a.py"),
    (rules.no_machine_paths, "a.md", "in `/" + "home/me/x`"),
    (rules.absent_pages, "a.py", "the attributes of DESIGN section 4"),
    (rules.absent_pages, "a.md", "see QGIS.md"),
    (rules.absent_pages, "a.md", "as STYLE rule 3 asks"),
    (rules.absent_pages, "a.md", "`shared/data/flanders2018`"),
    (rules.plain_words, "a.md", "Damaged images are left out, which is said."),
    (rules.plain_words, "a.py", "told = reason"),
    (rules.web_addresses, "a.md", "https:" + "//example.com/x"),
    (rules.web_addresses, "a.md", "http:" + "//notexample.org"),
]
KEPT = [
    (rules.plain_texts, "crop_classifier_plugin/ui/a.py", "plain_label(name).setToolTip(tooltip(name))"),
    (rules.plain_texts, "crop_classifier_plugin/ui/a.py", 'item.setToolTip(tr("Choose a file"))'),
    (rules.standard_library_only, "backend/model_file.py", "import json\nfrom .model_zip import read"),
    (rules.engine_layers, "backend/series/a.py", "from ..imagery import grid\nfrom ..errors import NotAStore"),
    (
        rules.engine_layers,
        "backend/commands/train.py",
        "from ..workflows.train import train\nfrom ..reports import tables",
    ),
    (rules.engine_layers, "backend/workflows/train.py", "from .. import __version__\nfrom ..learning import train"),
    (rules.engine_layers, "backend/learning/a.py", "from backend.models import MODELS"),
    (rules.engine_layers, "backend/models/gru.py", "import torch\nfrom . import blocks"),
    (
        rules.plugin_layers,
        "crop_classifier_plugin/ui/a.py",
        "from ..processing import base\nfrom ..styles import titles",
    ),
    (rules.plugin_layers, "crop_classifier_plugin/processing/a.py", "from ..engine import process"),
    (
        rules.plugin_imports,
        "crop_classifier_plugin/a.py",
        "import json\nfrom qgis.PyQt.QtCore import Qt\nfrom . import b",
    ),
    (rules.plugin_imports, "crop_classifier_plugin/a.py", "if TYPE_CHECKING:\n    from backend import protocol"),
    (rules.plugin_layers, "crop_classifier_plugin/settings.py", "from enum import Enum\nfrom qgis.core import Qgis"),
    (rules.plugin_layers, "crop_classifier_plugin/engine/a.py", "from ..settings import Setting"),
    (rules.python_39, "crop_classifier_plugin/a.py", "from __future__ import annotations\ndef f(x: int | None): pass"),
    (rules.short, "a.py", DOCUMENTED),
    (rules.headed, "a.py", HEAD),
    (rules.catches, "a.py", "try:\n    f()\nexcept OSError:\n    pass"),
    (rules.no_pickle, "a.py", "np.load(path, allow_pickle=False)\nsafetensors.torch.load_file(path)"),
    (rules.no_machine_paths, "a.md", "`../shared/work/x`, framework/home/a, /usr/bin/python3"),
    (rules.absent_pages, "a.py", "STYLE: Any = {}\nDATA = ROOT / '../shared/data'\n# a QGIS style, by design"),
    (rules.plain_words, "a.md", "`folds.untaught_class`: reported; see `test_axes_that_are_exchanged_are_told`"),
    (rules.web_addresses, "a.md", "https://crops.example.org/tracker https://example.org"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN)
def test_finds_what_breaks_the_rule(rule, path, text):
    assert len(rule(path, text)) == 1 or rule is rules.headed and rule(path, text)


@pytest.mark.parametrize(("rule", "path", "text"), KEPT)
def test_is_silent_where_the_rule_holds(rule, path, text):
    assert rule(path, text) == []
