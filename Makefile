# The two commands of the README are `make demo` and `make test`; both set up all they need.
.PHONY: setup demo test test-all results lint types docs generate requirements clean

BICALL = .venv/bin/bicall
PYTEST = python -m pytest -n 2

setup: .venv/ready .venv-lava/ready

# .venv is the toolkit; Lava alone needs Python 3.10 and lives beside it, where `bicall lava` finds it
.venv/ready: requirements/main.txt pyproject.toml setup.py setup.sh
	sh setup.sh .venv requirements/main.txt 3.13 3.12 && touch $@

.venv-lava/ready: requirements/lava.txt pyproject.toml setup.py setup.sh
	sh setup.sh .venv-lava requirements/lava.txt 3.10 && touch $@

.venv-3.%/ready: requirements/main.txt pyproject.toml setup.py setup.sh
	sh setup.sh .venv-3.$* requirements/main.txt 3.$* && touch $@

demo: setup
	$(BICALL) demo

# the digits are fetched once; without them the tests that need all 70,000 images skip, saying so
test: setup
	-$(BICALL) data fetch
	.venv/bin/$(PYTEST); main=$$?; .venv-lava/bin/$(PYTEST) -m "lava and not slow" && exit $$main

# the toolkit on each Python it supports
test-all: test .venv-3.10/ready .venv-3.11/ready .venv-3.12/ready .venv-3.13/ready
	failed=; for minor in 10 11 12 13; do .venv-3.$$minor/bin/$(PYTEST) || failed="$$failed 3.$$minor"; done; \
		test -z "$$failed" || { echo "tests failed on Python$$failed"; exit 1; }

# docs/results.md, made anew; then measurements that other pages quote, and the tests that take minutes
results: setup
	$(BICALL) data fetch
	$(BICALL) results
	$(BICALL) cosim --coverage
	$(BICALL) synth bicall_core --place
	.venv/bin/python -m pytest -m slow
	.venv-lava/bin/python -m pytest -m "lava and slow"

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

generate: setup
	$(BICALL) generate

# pins with hashes; needs uv
requirements: .venv/ready
	.venv/bin/python requirements/pin.py

clean:
	rm -rf build out .venv .venv-lava .venv-3.*
