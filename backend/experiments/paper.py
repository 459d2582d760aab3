"""The paper's own results (Garnot et al. 2019, "Time-space tradeoff in deep learning models for crop classification on
satellite multi-spectral image time series"), as printed: scores in per cent.

Its classes are named as in `resources/nomenclatures/paper.csv`.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

# table 1: number of kernels, hidden state size, temporal parameter ratio, total number of parameters
TABLE1: dict[str, tuple[str, str, str, int]] = {
    "cnn": ("16 : 32 : 96", "-", "0", 92_899),
    "cnn-gru-0.7": ("16 : 32 : 64", "64", "0.7", 92_035),
    "cnn-gru-0.8": ("16 : 32 : 36", "96", "0.8", 93_807),
    "cnn-gru-0.9": ("16 : 16 : 16", "128", "0.9", 90_179),
    "gru": ("-", "156", "1", 94_587),
    "conv-lstm": ("30 : 64", "64", "-", 95_353),
}

# table 2: overall accuracy, and the unweighted means over classes; the forest's F-score is in section 4
METRICS = ("oa", "mean_f", "mean_precision", "mean_recall")
TABLE2: dict[str, tuple[float | None, ...]] = {
    "cnn": (89.5, 34.9, 53.0, 31.4),
    "cnn-gru-0.7": (93.4, 53.2, 59.7, 49.9),
    "cnn-gru-0.8": (93.7, 55.1, 63.3, 51.6),
    "cnn-gru-0.9": (93.7, 55.1, 65.1, 51.8),
    "gru": (93.5, 53.8, 63.0, 50.0),
    "conv-lstm": (93.1, 49.2, 64.0, 44.5),
    "random-forest": (None, 36.9, None, None),
}

# table 3: F-score of each class; rice is in the nomenclature and not in the region
TABLE3_MODELS = ("cnn", "gru", "cnn-gru-0.9", "conv-lstm")
TABLE3 = {
    "Undefined": (0.0, 45.1, 35.4, 38.2),
    "Meadows": (92.9, 95.8, 96.0, 96.0),
    "Cereal": (93.3, 97.1, 97.5, 97.5),
    "Hemp": (21.6, 60.5, 64.4, 72.7),
    "Leguminous Fodder": (15.6, 42.9, 43.8, 34.8),
    "Other Fodder": (0.0, 25.5, 32.9, 14.8),
    "Oilseed": (93.1, 95.9, 96.0, 95.1),
    "Protein Crop": (79.2, 87.9, 89.1, 87.6),
    "Industrial Crop": (19.6, 40.3, 47.3, 23.9),
    "Fruit, Vegetable, Flower": (42.5, 60.3, 63.1, 55.1),
    "Aromatic/Medicinal Plant": (0.0, 32.8, 28.9, 8.3),
    "Ligneous": (5.5, 39.8, 38.6, 32.1),
    "Orchard": (0.0, 8.0, 6.0, 2.5),
    "Grapevine": (81.8, 95.1, 94.3, 92.4),
    "Short Rotation Coppice": (0.0, 8.3, 18.2, 17.4),
    "Non Agricultural Area": (46.7, 54.9, 59.1, 55.2),
    "Other": (1.2, 24.0, 27.0, 14.1),
}

# table 4: F-score with the dates in order, and shuffled
TABLE4 = {
    "conv-lstm": (49.2, 47.9),
    "cnn-gru-0.7": (53.2, 52.0),
    "cnn-gru-0.9": (55.1, 48.8),
    "gru": (53.8, 45.3),
}


def share(figure: float | None) -> float | None:
    """A printed per cent as a share of 0..1, without the noise of the division."""
    return None if figure is None else round(figure / 100, 4)


def table2(model: str, metric: str) -> float | None:
    figures = TABLE2.get(model)
    return share(figures[METRICS.index(metric)]) if figures else None


def table3(class_name: str, model: str) -> float | None:
    figures = TABLE3.get(class_name)
    return share(figures[TABLE3_MODELS.index(model)]) if figures and model in TABLE3_MODELS else None


def table4(model: str, shuffled: bool) -> float | None:
    figures = TABLE4.get(model)
    return share(figures[shuffled]) if figures else None
