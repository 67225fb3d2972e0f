# HostSeba NOC. `make run` starts the product, `make test` proves it; see README.md.
.DEFAULT_GOAL := help
.PHONY: help run demo check test real kafka-tls soak bench stack stack-down frontend fmt clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: ## build and start on embedded stores, with a real agent on this host
	@deploy/run.sh

demo: ## the same with a simulated fleet beside it, and faults injected into it
	@deploy/run.sh --demo

check: ## the inner loop: format, lints, unit and embedded tests, frontend
	@tests/run.sh check

test: ## everything, with real parts and a real browser (NOC_ROUNDS sets how often random tests repeat)
	@tests/run.sh test

real: ## the whole system on Kafka, QuestDB and MariaDB, and faults in all of them
	@tests/run.sh real

kafka-tls: ## the Kafka contract and two nodes over TLS with a password: a build of its own, with OpenSSL
	@tests/run.sh kafka-tls

soak: ## the same tests with large counts
	@NOC_ROUNDS=$${NOC_ROUNDS:-500} tests/run.sh test

bench: ## speed, as figures and ratios
	@tests/run.sh bench

stack: ## start MariaDB, Kafka and QuestDB on private ports, below .stack (STACK=cluster: three brokers, a replica)
	@tests/stack/stack.sh up

stack-down: ## stop them; data stay until `tests/stack/stack.sh wipe`
	@tests/stack/stack.sh down

frontend: ## the dashboard, built into frontend/dist
	@cd frontend && npm ci --no-audit --no-fund && npm run build

fmt: ## format everything
	@cargo fmt && cd frontend && npm run format

clean: ## what the build and `make run` left in this folder
	@rm -rf target frontend/dist frontend/node_modules data
