# Requirements: Python >= 3.11 with pip and venv, and make. `make demo` and `make test` install the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run-installed
DEV := $(VENV)/.dev-installed
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check bench soak detections verify-test-cases content sentinel splunk dashboards samples docs drift image-test lock clean

demo: $(RUN)
	$(BIN)/python -m forwarder demo

# Two test files in parallel; the tests of one file run in one process.
test: check
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV)
	$(BIN)/python -m tools.bench

# 200 kills under faults, with a check that nothing is lost: more than ten minutes. SOAK: --kills N, --seed N …
soak: $(DEV)
	$(BIN)/python -m tools.soak $(SOAK)

# All rules at full size: test cases, mutants, SPL and KQL compared, noise. Ten minutes.
detections: $(DEV)
	$(BIN)/python -m tests.content.table

# All test cases of all rules through `sentinel verify`, against a simulated Azure. Two minutes.
verify-test-cases: $(DEV)
	$(BIN)/python -m tests.azure.verify_all

content: $(DEV)
	$(BIN)/python -m tools.content

# The Splunk apps as archives in dist/: reproducible build, ksconf, resolved names, searches, AppInspect.
splunk: $(DEV)
	$(BIN)/python -m tools.content --check
	$(BIN)/python -m tools.splunk_package
	$(BIN)/python -m pytest -q tests/packages/test_splunk_app.py tests/packages/test_correlation_searches.py
	$(BIN)/python -m tools.splunk_inspect

# All dashboards rendered with the Splunk dashboard framework from the results of their searches. Installs 600 MB from npm.
dashboards: $(DEV)
	rm -rf build/dashboards
	$(BIN)/python -m tests.packages.dashboard_results build/dashboards
	$(BIN)/python -m tools.draw build/dashboards docs/pictures

# The Sentinel solution: files generated and checked, package in dist/.
sentinel: content
	$(BIN)/python -m pytest -q tests/playbooks tests/packages/test_templates.py tests/packages/test_arm_template.py \
		tests/packages/test_analytics_rules.py tests/packages/test_connector.py tests/packages/test_rows_fit_tables.py \
		tests/packages/test_solution.py tests/packages/test_workbooks.py tests/packages/test_workbook_answers.py \
		tests/packages/test_hunting_queries.py tests/packages/test_asim.py tests/packages/test_asim_parameters.py tests/kql
	$(BIN)/python -m tools.sentinel_package

samples: $(DEV)
	$(BIN)/python -m tests.ocsf.samples

docs: $(DEV)
	$(BIN)/python -m tools.configuration_page
	$(BIN)/python -m tools.activity_types_page
	$(BIN)/python -m tests.packages.event_volume

# LIST: a newer list of activity types as JSON.
drift: $(DEV)
	$(BIN)/python -m tools.api_drift $(LIST)

# Builds the image and runs it confined as in deploy/compose.yaml. BASE: a base image to pull, instead of a replacement.
image-test: $(DEV)
	$(BIN)/python -m tools.image_test $(if $(BASE),--base $(BASE))

# Exact versions with hashes, from the ranges in setup.cfg.
lock: $(DEV)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		--extra detect --extra sentinel --extra splunk --extra dev pyproject.toml --output-file requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		--extra detect --extra sentinel --extra splunk --constraint requirements/dev.txt pyproject.toml --output-file requirements/run.txt
	echo setuptools | $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
		--no-annotate --constraint requirements/dev.txt - --output-file requirements/build.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements/run.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.txt
	touch $@

$(DEV): requirements/dev.txt setup.cfg | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@ $(RUN)
