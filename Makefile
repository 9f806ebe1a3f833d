# The two commands of the README are `make demo` and `make test`; both set up all they need.
.PHONY: setup demo test test-all results lint types docs generate requirements clean build/tree
.PRECIOUS: .venv-3.%/ready

BICALL = .venv/bin/bicall
PYTEST = python -m pytest -n 2 --dist worksteal

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

# the digits are fetched once; what does not run, for want of them or of tools, is named in the last line
test: setup
	-$(BICALL) data fetch
	.venv/bin/$(PYTEST); main=$$?; .venv-lava/bin/$(PYTEST) tests/lava_procs tests/test_your_network.py && exit $$main

# the toolkit on each Python it supports; `make -k test-all` goes on after a failure
test-all: test test-3.10 test-3.11 test-3.12 test-3.13

test-3.%: .venv-3.%/ready
	.venv-3.$*/bin/$(PYTEST)

# docs/results.md, made anew; then measurements that other pages quote, and the tests that take minutes
results: setup
	$(BICALL) data fetch
	$(BICALL) results
	$(BICALL) cosim --coverage
	$(BICALL) synth bicall_core --place
	.venv/bin/python -m pytest -m slow
	.venv-lava/bin/python -m pytest tests/lava_procs -m slow

lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

# type checkers and documentation tools see the rooms below the one name, as an install has them
build/tree: bicall
	rm -rf $@ && mkdir -p $@/bicall && cd $@/bicall && ln -s ../../../bicall/* . && \
		ln -s ../../../emulator ../../../lava_procs ../../../mapping ../../../rtl .

types: .venv/ready build/tree
	cd build/tree && ../../.venv/bin/mypy --config-file ../../pyproject.toml

# the pages as a site, for a browser without a network: open build/site/index.html
docs: .venv/ready build/tree
	.venv/bin/mkdocs build --quiet --strict

generate: setup
	$(BICALL) generate

# pins with hashes; needs uv
requirements: .venv/ready
	.venv/bin/python requirements/pin.py

clean:
	rm -rf build out .venv .venv-lava .venv-3.*
