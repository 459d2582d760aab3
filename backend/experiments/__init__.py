"""Experiments: the paper's tables as runs that are kept, resumed and shared between processes, and their results."""

# SPDX-License-Identifier: GPL-2.0-or-later
