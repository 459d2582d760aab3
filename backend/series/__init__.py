"""Scenes x parcels -> the parcel series store, and its views for the models."""

# SPDX-License-Identifier: GPL-2.0-or-later
