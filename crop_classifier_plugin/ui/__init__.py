"""The dialogs and their widgets; they run the plugin's Processing algorithms, there is no second path."""

# SPDX-License-Identifier: GPL-2.0-or-later
