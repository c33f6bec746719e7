# 兜底 Doudi. `make demo` and `make test` need python3 (3.11 or later) and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin
# one worker more than processors: tests wait for databases and servers of their own
WORKERS = $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))
# whole files to a worker, in the order in which tests/conftest.py begins them
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: package help setup demo test test-all test-long check bench bench-growth bench-pages docs screenshots lock clean

help:
	@echo "make demo      看一个真实案例，再看各种账单，再运行演示服务（DEMO_SERVE=0 不运行） | a real case, many bills, the service"
	@echo "make test      检查和测试 | checks and tests (minutes)"
	@echo "make test-all  更久的测试，两小时以内 | longer tests, within two hours"
	@echo "make test-long 十万个生成的请求、三百个随机的年，几个小时 | a hundred thousand requests, random years: hours"
	@echo "make check     格式、类型、引用规则 | format, types, import contracts"
	@echo "make bench     引擎与同类、服务与空接口比较速度 | engine beside peers, service beside a bare endpoint"
	@echo "make bench-growth  一万到一百万次就医时的速度（约一刻钟，10 GB）| speed from 10,000 to 1,000,000 visits"
	@echo "make bench-pages   每一页在一百万次就医时多快（约二十分钟，10 GB）| how fast each page is with 1,000,000 visits"
	@echo "make package   离线安装包，写 dist/ | an archive that installs without a network"
	@echo "make docs      重新生成参考文档 | regenerate the reference"
	@echo "make screenshots  重新截取手册的图 | take the handbook's pictures anew"

setup: .venv/.ready .venv/.pages

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "需要 Python 3.11 或更新的版本；用 make PYTHON=… 指定 | Python 3.11 or later is needed"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# style, scripts and fonts of the pages
.venv/.pages: .venv/.ready package-lock.json tools/front_end.py
	$(BIN)/python -m tools.front_end
	@touch $@

# a Chromium of the tests' own, beside them; BROWSER=0 goes without
.venv/.browser: .venv/.pages
	[ "$${BROWSER:-1}" = 0 ] || $(BIN)/python -m tools.front_end browser
	@touch $@

demo: setup
	@$(BIN)/python -m tools.demo
	@[ "$${DEMO_SERVE:-1}" = 0 ] || exec $(BIN)/doudi serve --demo --data build/demo

check: setup
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/basedpyright --level error
	$(BIN)/codespell src tests tools docs benchmarks examples README.en.md CONTRIBUTING.md CHANGELOG.md
	$(BIN)/lint-imports --no-cache

test: check .venv/.browser
	$(PYTEST) -m "not slow"
	$(BIN)/doudi pack check
	$(BIN)/doudi pack test

test-all: check .venv/.browser
	HYPOTHESIS_PROFILE=thorough $(PYTEST) -m "not hours"
	$(BIN)/doudi pack check
	$(BIN)/doudi pack test

test-long: setup
	$(PYTEST) --dist worksteal -m hours

bench: .venv/.bench
	$(BIN)/python -m benchmarks

package: setup
	$(BIN)/python -m tools.package

bench-growth: .venv/.bench
	$(BIN)/python -m benchmarks.growth

bench-pages: .venv/.bench .venv/.pages
	$(BIN)/python -m benchmarks.pages

.venv/.bench: .venv/.ready requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

docs: setup
	$(BIN)/python -m tools.reference

screenshots: .venv/.browser
	SCREENSHOTS=docs/images $(BIN)/python -m pytest -q tests/desk/test_pictures.py tests/desk/test_walk_operation.py

lock:
	$(PYTHON) -m pip install --quiet uv
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  pyproject.toml --extra web --extra dev -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  pyproject.toml --extra bench -c requirements.lock -o requirements-bench.lock

clean:
	rm -rf .venv build .pytest_cache .hypothesis .ruff_cache
