"""The parcel inspector: a dock that shows the season, the pictures and the classes of the parcel that was clicked."""

# SPDX-License-Identifier: GPL-2.0-or-later
