"""Parcel layers -> tables with clean outlines; class tables; predictions back into layers."""

# SPDX-License-Identifier: GPL-2.0-or-later
