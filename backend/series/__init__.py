"""Scenes x parcels -> the parcel series store, and the views of it that models take."""

# SPDX-License-Identifier: GPL-2.0-or-later
