"""The Processing provider: one thin mapping of parameters onto an engine job per algorithm."""

# SPDX-License-Identifier: GPL-2.0-or-later
