"""The engine: from Sentinel-2 images and parcel outlines to a crop for each parcel."""

# SPDX-License-Identifier: GPL-2.0-or-later
__version__ = "0.1.0"
