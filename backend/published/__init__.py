"""Published data sets: samples that others made, read in their own layout and brought into the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
