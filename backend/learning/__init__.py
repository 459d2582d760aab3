"""Learning: folds, normalisation, the training loop, prediction, metrics and calibration."""

# SPDX-License-Identifier: GPL-2.0-or-later
