# Sets up what is missing and runs the checks. SPDX-License-Identifier: GPL-2.0-or-later
#
# .venv holds the engine, .venv-qgis sees the system's QGIS. They never mix: QGIS's numpy and GDAL are others.

# The system's Python, not one that happens to come first on PATH: PyQGIS belongs to it.
PYTHON = $(shell command -v /usr/bin/python3 || command -v python3)
SET_UP_PACKAGES = python3-venv
QGIS_PACKAGES = qgis python3-qgis qgis-providers
DATABASE_PACKAGES = postgresql-postgis
DISPLAY_PACKAGES = xvfb xauth openbox
PROGRAMS = backend crop_classifier_plugin benchmarks scripts __init__.py
CHECKED = $(PROGRAMS) tests
# files whose digests and codes look like keys: written by version 0.1.0, and lists of crops
WITHOUT_SECRETS = tests/fixtures resources/nomenclatures
# `make test QGIS_TESTS=no` leaves the plugin's tests out where QGIS cannot be installed.
QGIS_TESTS = yes

export CROP_CLASSIFIER_PYTHON = $(CURDIR)/.venv/bin/python
.PHONY: help demo test test-engine test-package test-plugin lint constraints zip engine qgis clean

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## simulates a region, trains on it, classifies it in QGIS and shows where the results lie
	-@scripts/system_packages.sh $(SET_UP_PACKAGES)
	@$(MAKE) --no-print-directory -j2 engine qgis
	@.venv/bin/python scripts/demo.py

test: test-engine test-package test-plugin ## runs every test, of the engine, its package and the plugin

test-engine: engine ## runs the tests that need no QGIS
	@scripts/system_packages.sh $(DATABASE_PACKAGES) || echo "The tests of PostGIS are left out."
	.venv/bin/python -m pytest --numprocesses auto --dist loadfile tests/backend tests/contract

test-package: engine ## installs a clone with pip into a new environment and works with it
	@scripts/system_packages.sh $(SET_UP_PACKAGES) || true
	.venv/bin/python -m pytest tests/package

ifeq ($(QGIS_TESTS),no)
test-plugin:
	@echo "The plugin's tests were NOT run (QGIS_TESTS=no)."
else
test-plugin: engine .venv-qgis/ready ## runs the tests of the plugin, in QGIS without a screen
	QT_QPA_PLATFORM=offscreen .venv-qgis/bin/python -m pytest tests/plugin
endif

lint: engine ## checks style, types, and what could be unsafe
	.venv/bin/ruff check $(CHECKED)
	.venv/bin/ruff format --check $(CHECKED)
	.venv/bin/mypy
	.venv/bin/mypy --python-version 3.10 crop_classifier_plugin __init__.py
	.venv/bin/bandit --quiet --configfile pyproject.toml --recursive $(PROGRAMS)
	git ls-files -z -- . $(WITHOUT_SECRETS:%=':!%') | xargs -0 .venv/bin/detect-secrets-hook --no-verify

constraints: engine ## writes the versions of .venv, those that were tested, and the digests of their files
	.venv/bin/python -m scripts.constraints

zip: ## packs the plugin into build/crop_classifier.zip
	@$(PYTHON) scripts/package.py

engine: # the installer of the plugin itself; it does nothing where all is there
	@[ -e .venv/ready.json ] || scripts/system_packages.sh $(SET_UP_PACKAGES) || true
	@$(PYTHON) -m crop_classifier_plugin.engine.install .venv --extras test

qgis: # the demo goes on without it
	@scripts/system_packages.sh $(QGIS_PACKAGES) || true

.venv-qgis/ready: tests/plugin/requirements.txt
	@scripts/system_packages.sh $(SET_UP_PACKAGES) $(QGIS_PACKAGES) $(DISPLAY_PACKAGES) || \
		{ echo "Or leave the plugin's tests out: make test QGIS_TESTS=no" >&2; exit 1; }
	/usr/bin/python3 -m venv --clear --system-site-packages .venv-qgis
	.venv-qgis/bin/python -m pip install --quiet -r $<
	@touch $@

clean: ## removes what was made, except the environments
	rm -rf build .demo .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
