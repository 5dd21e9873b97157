# make demo: a simulated house in your terminal.   make test: everything that proves it works.
# Both set up what they need from a bare checkout: uv where it is installed, else a plain virtual environment.

VENV  := .venv
READY := $(VENV)/.ready
RUN   := $(VENV)/bin/

.PHONY: help demo test lint format axe asyncapi bench bench-control bench-forecast bench-plan rehearse kills promises docs clean containers

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml uv.lock
	@if command -v uv >/dev/null; then uv sync --quiet --locked --all-extras --compile-bytecode; else \
	  python3 -m venv $(VENV) && $(RUN)pip install --quiet --upgrade 'pip>=25.1' && \
	  $(RUN)pip install --quiet --editable '.[demo,discover,planner]' --group dev; fi
	@touch $@

demo: $(READY)   ## a simulated house, its services and what they decide, live
	@$(RUN)ballast demo $(ARGS)

test: $(READY)   ## the whole test suite
	@$(RUN)pytest -n 3 --dist worksteal $(ARGS)

lint: $(READY)   ## style, types and import rules
	@$(RUN)ruff check .
	@$(RUN)ruff format --check --quiet . || { echo 'run: make format'; exit 1; }
	@$(RUN)mypy
	@$(RUN)lint-imports --no-cache | tail -n 20

format: $(READY) ## put every file into shape
	@$(RUN)ruff format .
	@$(RUN)ruff check --fix .

bench: $(READY)  ## speed, memory and control quality, each beside its reference, as JSON (about half an hour)
	@$(RUN)python -m tests.bench $(ARGS)

bench-control: $(READY) ## batteries beside a loop of their own, a dimmer in recorded sun, three whole days; prints JSON
	@$(RUN)python -m tests.bench beside_a_loop dimmer days

bench-forecast: $(READY) ## the forecasts of a recorded house, beside those published then; prints JSON (a minute)
	@$(RUN)python -m tests.bench forecast

bench-plan: $(READY) ## how near to perfect foresight a plan comes, and how long it takes
	@$(RUN)python -m tests.bench plan plan_speed

rehearse: $(READY) ## a Tempo week over real sockets, with what goes wrong in one; prints JSON (half an hour; ARGS=night: its first red night)
	@$(RUN)python -m tests.rehearsal $(ARGS)

kills: $(READY)  ## fifty times kill -9 at a random moment, on scaled time; prints JSON
	@$(RUN)python -m tests.faults.kills 50

containers: $(READY) ## the demonstration in real containers: up, killed, back; prints JSON
	@$(RUN)python -m tests.deploy.drill

promises: $(READY) ## run the tests that prove what must still work, and write docs/promises.md
	@$(RUN)python -m tests.promises $(ARGS)

axe: $(READY)    ## fetch axe-core with npm, with which the test of the page looks for what some people cannot use
	@mkdir -p $(VENV)/axe && cd $(VENV)/axe && tar -xzf "$$(npm pack --silent axe-core@4)" --strip-components=1 package/axe.min.js

asyncapi: $(READY) ## fetch the published schema of AsyncAPI with npm, against which a test holds docs/contract/asyncapi.yaml
	@mkdir -p $(VENV)/asyncapi && cd $(VENV)/asyncapi && tar -xzf "$$(npm pack --silent @asyncapi/specs@6)" \
	  --strip-components=2 'package/schemas/3.0.0-without-$$id.json'

docs: $(READY)   ## write again what is generated: contract, schema of ballast.yaml, list of figures, dashboards
	@$(RUN)ballast contract --out docs/contract
	@$(RUN)ballast schema --out docs/ballast.schema.json
	@$(RUN)ballast metrics --out docs/metrics.md
	@$(RUN)ballast dashboards --out grafana/dashboards

clean:           ## forget the environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
