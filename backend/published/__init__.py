"""Published data sets: samples in their own layout, imported into the parcel series store."""

# SPDX-License-Identifier: GPL-2.0-or-later
