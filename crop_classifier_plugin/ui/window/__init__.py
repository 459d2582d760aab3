"""The one window of the plugin: its pages, the two tasks that it leads through, and the run of an algorithm."""

# SPDX-License-Identifier: GPL-2.0-or-later
