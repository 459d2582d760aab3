"""The only door out of QGIS: finds, starts, listens to and stops the engine process."""

# SPDX-License-Identifier: GPL-2.0-or-later
