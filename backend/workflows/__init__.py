"""What the engine does, one story per file: typed specs in, typed results out. No click, no command line."""

# SPDX-License-Identifier: GPL-2.0-or-later
