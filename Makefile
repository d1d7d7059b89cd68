# One environment for everything: `make demo` shows the whole way through, `make test` proves it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OUT    ?= out/demo

.PHONY: demo test lab schema bench crash clean

demo: $(VENV)/ready
	@rm -rf $(OUT)
	$(BIN)/orgkit run notebooks/1-design.ipynb notebooks/2-guardrails.ipynb --output $(OUT)
	$(BIN)/orgkit run notebooks/3-cost.ipynb notebooks/4-review.ipynb --output $(OUT) \
	    -p design=$(OUT)/org.yaml -p target=sandbox:$(OUT)/sandbox.jsonl
	$(BIN)/orgkit run notebooks/5-provision.ipynb --output $(OUT) \
	    -p design=$(OUT)/org.yaml -p target=sandbox:$(OUT)/sandbox.jsonl -p approve=$$(cat $(OUT)/plan.digest)
	@echo
	@echo "Everything above in one page: $(abspath $(OUT))/index.html"

test: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile $(TESTS)
	$(BIN)/pytest --nbval-lax --nbval-kernel-name python3 notebooks

lab: $(VENV)/ready
	$(BIN)/jupyter lab notebooks

schema: $(VENV)/ready
	$(BIN)/python -m orgkit.design.file.layout

bench: $(VENV)/ready
	for one in $(filter-out benchmarks/crash.py,$(wildcard benchmarks/[a-z]*.py)); do $(BIN)/python -m benchmarks.$$(basename $$one .py) || exit 1; done

# Kills an apply at every call, before and after, and resumes it: hundreds of runs, ten minutes or more. `make test` does a sample.
crash: $(VENV)/ready
	$(BIN)/python -m benchmarks.crash

clean:
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

$(VENV)/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "orgkit needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@
