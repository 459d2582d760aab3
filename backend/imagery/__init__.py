"""Sentinel-2 products -> acquisitions on one grid: catalogue, readers (one file per product kind), masks, blocks."""

# SPDX-License-Identifier: GPL-2.0-or-later
