"""Sentinel-2 products -> acquisitions on one grid: catalogue, readers (one file per product kind), masks, blocks."""
