# Everything a person or a machine runs here. `make help` lists it.
# Each target installs what it needs into .venv/ and .bin/ first; when that is there, it takes no time.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PY := .venv/bin/python
CODE := $(wildcard generator nearedge scripts tests tests_ray tests_browser bench)

# Any Python since 3.8 can run the bootstrap, which looks for one that is new enough. Ours comes first
# because it starts fastest: python3 is often a shim.
BOOTSTRAP = for python in .venv/bin/python $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then \
	    exec $$python scripts/bootstrap.py $(1); \
	  fi; \
	done; \
	echo "set-up stopped: Python 3.11 or newer is needed and none is on PATH: install one and try again." >&2; \
	exit 3

.PHONY: facts flags matrix help setup setup-dev setup-ray setup-browser render check verify test test-ray test-browser lint lint-ci pytest golden schemas docs pictures bench bench-ray mutants contract fuzz live lock dist image clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what nearedge needs into .venv/ and .bin/
	@$(call BOOTSTRAP,)

setup-dev:
	@$(call BOOTSTRAP,--dev)

render: setup ## compile clusters/ into base/, overlays/ and acm/, and prove the result
	@.venv/bin/nearedge render

check: setup ## report everything that is wrong with clusters/; write nothing
	@.venv/bin/nearedge check

verify: setup ## prove what is on disk again: kustomize, schemas, references
	@.venv/bin/nearedge verify

# Side by side: mypy has work for one core, and much of what tests wait for are programs.
test: setup-dev ## lint and run all tests
	@$(MAKE) --no-print-directory -j2 lint pytest

lint: setup-dev ## ruff, mypy and the import contracts
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy $(CODE)
	.venv/bin/lint-imports --no-cache

lint-ci: setup-dev ## hold the CI templates against actionlint, zizmor and Renovate's validator (needs Go, npm, Node.js 24)
	$(PY) -m scripts.lint_ci $(ARGS)

# What this make is told is not for those that tests start.
pytest: setup-dev
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(PY) -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

# Ray is large, and nothing else needs it.
setup-ray: setup-dev
	@$(PY) -m pip install --quiet --no-input --require-hashes --no-deps -r requirements-ray.lock

test-ray: setup-ray ## run the tests of --engine ray on two nodes of a real Ray
	$(PY) -m pytest tests_ray $(ARGS)

setup-browser: setup-dev
	@$(PY) -m pip install --quiet --no-input --require-hashes --no-deps -r requirements-browser.lock

test-browser: setup-browser ## look at the page of `nearedge report` in a real Chromium (CHROMIUM=path; needs npm)
	$(PY) -m pytest tests_browser $(ARGS)

golden: setup-dev ## rewrite the expected trees of tests/cases/ from what the code emits now
	$(PY) -m pytest tests/components/test_cases.py tests/hub/test_hub.py tests/documents/test_files.py --update-golden -q

schemas: setup-dev ## rewrite schemas/ from the spec models and from the pinned upstream modules
	$(PY) scripts/schemas.py

flags: setup-dev ## read the flags of servers and the time zones anew from their packages (minutes: Ray is large)
	$(PY) -m scripts.server_flags
	$(PY) -m scripts.time_zones

facts: setup-dev ## hold what is known of platforms against clones of upstream's repositories, REPOS=folder
	$(PY) -m scripts.facts $(REPOS) $(ARGS)

mutants: setup-dev ## make 400 mistakes in the example fleet, one at a time, and print how many are caught
	$(PY) scripts/mutants.py

docs: setup-dev ## rewrite the pages of docs/ that are made: rules.md, glossary.md, support.md, mission.md
	$(PY) -m scripts.rules_doc
	$(PY) -m scripts.glossary_doc
	$(PY) -m scripts.support_doc
	$(PY) -m scripts.mission_doc

pictures: setup-dev ## run the commands of docs/start.md and take its pictures anew (CHROMIUM=path)
	$(PY) -m scripts.pictures $(CHROMIUM)

contract: setup-dev ## hold the tests' GitHub against GitHub's own OpenAPI document (needs npm)
	$(PY) -m scripts.github_proxy

fuzz: setup-dev ## throw random specs at the compiler for SECONDS (default 60): nothing but findings may come out
	$(PY) scripts/fuzz.py $(or $(SECONDS),60) $(SEED)

matrix: setup-dev ## build the example with every kustomize since 5.4 and hold the objects against the pinned one (needs Go)
	$(PY) -m scripts.matrix $(ARGS)

live: setup-dev ## run our objects under real controllers, PART=api|cel|nodes|kueue|kueue-cases|ray|serving|delivery|delivery-lines|policies (docs/live.md)
	$(PY) -m tests.live $(PART)

bench: setup-dev ## measure fleets into bench/RESULTS.md; ARGS="--sizes 100,1000": only these
	$(PY) bench/run.py $(ARGS)

bench-ray: setup-ray ## measure --engine ray with 1, 2 and 4 workers into bench/RAY.md (SIZES=1000,10000)
	$(PY) -m bench.ray_run $(if $(SIZES),--sizes $(SIZES))

# The same commit gives the same bytes: hatchling takes no time of today.
dist: setup-dev ## make wheel and sdist in dist/
	rm -rf dist
	$(PY) -m hatchling build --directory dist

image: dist ## build an image of nearedge, BASE=image by digest with Python 3.11 or newer and git, TAG=name (needs podman)
	podman build --build-arg BASE=$(BASE) --tag $(or $(TAG),nearedge) .

# Needs uv on PATH; pins with the index that uv is configured with, whose name is not written down.
LOCK = uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

lock: ## pin the newest releases of requirements*.in (needs uv)
	$(LOCK) requirements.in --output-file requirements.lock
	$(LOCK) requirements-dev.in --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) requirements-kubectl.in --output-file requirements-kubectl.lock
	$(LOCK) requirements-lsp.in --constraint requirements-dev.lock --output-file requirements-lsp.lock
	$(LOCK) requirements-mcp.in --constraint requirements-dev.lock --output-file requirements-mcp.lock
	$(LOCK) requirements-ray.in --constraint requirements-dev.lock --output-file requirements-ray.lock
	$(LOCK) requirements-browser.in --constraint requirements-dev.lock --output-file requirements-browser.lock
	$(LOCK) bench/requirements.in --output-file bench/requirements.lock

clean: ## remove .venv/, .bin/ and all caches; specs and output stay
	rm -rf .venv .bin .lint-ci .nearedge .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov dist
	find generator scripts tests tests_ray tests_browser bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
