"""How the series of a model were made, as `model.json` has it, checked.

Standard library only and valid on Python 3.9: the plugin loads this file by path, as a part of `model_file.py`.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence

from .json_document import as_list, as_number, as_object, as_positive, as_whole, expect, member_of

MOST_DAYS, MOST_BUFFER_M, MOST_DILATION_M, LAST_SCL = 3660, 10_000, 5000, 11
_MASKS = ("scl_classes", "mask_dilation_m", "cloud_probability")


def preparation(facts: Mapping[str, Any], fillings: Sequence[str]) -> Dict[str, Any]:
    """How the series were made, to make those of other images alike; what is not known here is left out.

    Raises Fault that names the key.
    """
    series, found = as_object(facts.get("series", {}), "preparation series"), {}
    if "filling" in series:
        found["filling"] = series["filling"]
        expect(series["filling"] in fillings, "preparation filling", f"one of {', '.join(fillings)}", series["filling"])
    if "max_gap_days" in series:
        gap = series["max_gap_days"]
        found["max_gap_days"] = None if gap is None else as_whole(gap, "preparation max_gap_days", 1, MOST_DAYS)
    if "remove_outliers" in series:
        found["remove_outliers"] = series["remove_outliers"]
        expect(isinstance(found["remove_outliers"], bool), "preparation remove_outliers", "true or false", found)
    buffer_m = facts.get("inner_buffer_m", 0)
    return {
        "series": found,
        "masks": _masks(facts.get("masks")),
        "inner_buffer_m": as_number(buffer_m, "preparation inner_buffer_m", 0, MOST_BUFFER_M),
    }


def _masks(value: Any) -> Optional[Dict[str, Any]]:
    if value is None:
        return None
    masks, where = as_object(value, "preparation masks"), "preparation masks"
    scl, dilation_m, cloud = (member_of(masks, key, where) for key in _MASKS)
    classes = [as_whole(item, f"{where} scl_classes", 1, LAST_SCL) for item in as_list(scl, where, 1, LAST_SCL)]
    expect(len(set(classes)) == len(classes), f"{where} scl_classes", "each class once", classes)
    as_number(dilation_m, f"{where} mask_dilation_m", 0, MOST_DILATION_M)
    expect(dilation_m == 0 or dilation_m >= 1, f"{where} mask_dilation_m", "0, or metres from 1", dilation_m)
    cloud = None if cloud is None else as_positive(cloud, f"{where} cloud_probability", 100)
    return {"scl_classes": classes, "mask_dilation_m": float(dilation_m), "cloud_probability": cloud}
