# Everything a developer types. python3 >= 3.11 and make are enough; uv is used where it is installed.
SHELL := /bin/sh
VENV := .venv
PYTHON := $(VENV)/bin/python
INPUTS := pyproject.toml constraints.txt bin/avyctl sutra_client/version.py
EXAMPLE := --api tests/api --package gen
# Programs that ours is measured against, in an environment of their own
PEERS := isd-tui==0.6.1
TESTS ?=
SUBJECTS ?=
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 600

# A terminal's or CI's habit of not writing bytecode would double the start-up times that run and bench are about.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH

.PHONY: run test check api bench soak fuzz lock clean packages image

run: $(VENV)/run.stamp
	@$(VENV)/bin/avyctl

test: $(VENV)/dev.stamp image
	@$(PYTHON) -m pytest $(TESTS)

check: $(VENV)/dev.stamp
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --check --quiet . || { $(PYTHON) -m ruff format --diff --quiet .; exit 1; }
	@$(PYTHON) -m mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-cache
	@$(PYTHON) -m tools.apigen check
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && mkdir $$fresh/gen $$fresh/tests \
	  && $(PYTHON) -m tools.apigen --out $$fresh/gen >/dev/null \
	  && $(PYTHON) -m tools.apigen $(EXAMPLE) --out $$fresh/tests >/dev/null \
	  && diff -r -x __init__.py -x __pycache__ sutra_client/gen $$fresh/gen && diff -r -x __pycache__ tests/gen $$fresh/tests \
	  || { echo "the generated bindings are not what the schemas say: make api" >&2; exit 1; }

api: $(VENV)/dev.stamp
	@$(PYTHON) -m tools.apigen
	@$(PYTHON) -m tools.apigen $(EXAMPLE) --out tests/gen

bench: $(VENV)/dev.stamp
	@sh tools/venv.sh packages dbus-daemon htop
	@[ -x $(VENV)/peers/bin/isd ] || sh tools/venv.sh peers $(PEERS) || echo "$(PEERS) cannot be installed: nothing is compared with it" >&2
	@PYTHONPATH=tests $(PYTHON) -m bench $(SUBJECTS)

soak: $(VENV)/dev.stamp
	@PYTHONPATH=tests $(PYTHON) -m bench.soak $(SOAK_SECONDS)
	@STALL_SECONDS=$(SOAK_SECONDS) STORIES=40 $(PYTHON) -m pytest -q --timeout=$$(($(SOAK_SECONDS) + 120)) \
	  tests/unit/test_slow_terminal.py tests/unit/test_live_table_painted.py

fuzz: $(VENV)/fuzz.stamp
	@for target in tests/fuzz/fuzz_*.py; do \
	  echo "$$target"; PYTHONPATH=. $(PYTHON) "$$target" -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 || exit 1; done

lock:
	@sh tools/venv.sh lock

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	@sh tools/venv.sh packages dbus-daemon git mmdebstrap systemd-nspawn:systemd-container ostree

# What boxes boot from: about a minute, once; kept in AVYCTL_TESTBED or /var/tmp/avyctl-testbed.
image: $(VENV)/dev.stamp packages
	@PYTHONPATH=tests $(PYTHON) -m boxes.image

$(VENV)/run.stamp: $(INPUTS)
	@sh tools/venv.sh install .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	@sh tools/venv.sh install '.[dev]'
	@touch $@

$(VENV)/fuzz.stamp: $(VENV)/dev.stamp
	@sh tools/venv.sh install '.[fuzz]'
	@touch $@
