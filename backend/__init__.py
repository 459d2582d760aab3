"""The engine: from Sentinel-2 images and parcel outlines to a crop for each parcel."""

__version__ = "0.1.0"
