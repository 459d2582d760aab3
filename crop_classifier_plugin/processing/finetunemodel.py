"""Carries a trained model on with declared crops of another region or year."""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import List

from qgis.core import QgsProcessingContext

from ..translation import tr
from .arguments import file_path
from .base import Parameters
from .classifyparcels import model_problem
from .trainmodel import TrainModel


class FinetuneModel(TrainModel):
    """`extract` and `finetune` of the engine, or only `finetune` from a store."""

    command = "finetune"
    example = (
        ("MODEL", "region.cropmodel"), ("STORE", "other.parcels"), ("CLASS_FIELD", "CODE_CULTU"),
        ("OUTPUT", "other.cropmodel"),
    )  # fmt: skip

    def name(self) -> str:
        return "finetunemodel"

    def displayName(self) -> str:
        return tr("Fine-tune model on my region")

    def tags(self) -> List[str]:
        return tr("sentinel-2,crop type,lpis,agriculture,deep learning,transfer,adaptation,few labels").split(",")

    def description_text(self) -> str:
        return tr(
            "Carries a trained model on with few parcels with declared crops of another region or year. The report "
            "compares it, on parcels that were not used in the training, with the model as it was and with one that is "
            "trained anew on these parcels.\n\n"
            "Give images and parcels, or an existing parcel series store. With all three, the store is made or "
            "completed, and kept. Without a store, the series are extracted beside the model and deleted at the end. "
            "With a store and no images, choose the parcels, too, to have their fields to choose from."
        )

    def own_classes(self) -> str:
        return tr("Those of the model")

    def model_problem(self, parameters: Parameters, context: QgsProcessingContext) -> str:
        return model_problem(file_path(self, parameters, "MODEL", context) or "")
