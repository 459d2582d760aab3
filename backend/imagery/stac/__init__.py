"""STAC: from an address or a saved item collection to scenes whose assets are read where they lie.

fetching: a JSON document from disk or a server; walking: from a document to the items it leads to; assets: which asset
holds which band, in which scale; scenes: an item as a Scene.
"""

# SPDX-License-Identifier: GPL-2.0-or-later
from backend.imagery.stac.scenes import scenes
from backend.imagery.stac.walking import SCHEME, Bounds

__all__ = ["SCHEME", "Bounds", "scenes"]
