# The two commands of the README are `make demo` and `make test`; both set up all they need.
.PHONY: setup demo test test-py312 test-py313 results lint generate requirements clean

BICALL = .venv/bin/bicall

setup: .venv/ready

# one environment a Python version: .venv is the full toolkit on 3.10 (Lava needs it)
.venv/ready: requirements.txt pyproject.toml setup.sh
	sh setup.sh 3.10 .venv && touch $@

.venv-%/ready: requirements.txt pyproject.toml setup.sh
	sh setup.sh $* .venv-$* && touch $@

demo: setup
	$(BICALL) demo

# the digits are fetched once; without them the tests that need all 70,000 images skip, saying so
test: setup
	-$(BICALL) data fetch
	.venv/bin/python -m pytest

# everything but Lava
test-py312: .venv-3.12/ready
	.venv-3.12/bin/python -m pytest

test-py313: .venv-3.13/ready
	.venv-3.13/bin/python -m pytest

# docs/results.md, made anew; then measurements that other pages quote, and the tests that take minutes
results: setup
	$(BICALL) data fetch
	$(BICALL) results
	$(BICALL) cosim --coverage
	$(BICALL) synth bicall_core --place
	.venv/bin/python -m pytest -m slow

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

generate: setup
	$(BICALL) generate

# pins with hashes; no index lines, as an index is the user's own choice
requirements:
	uv pip compile pyproject.toml --universal --python-version 3.10 --extra test --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.txt

clean:
	rm -rf build out .venv .venv-3.12 .venv-3.13
