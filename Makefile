# make          the program: build/release/perbit (the first time also the set-up, some minutes)
# make test     all tests; the last line counts them
# make demo     a small study from a model to a dashboard
# make help     the other targets
#
# Thin on purpose: tools/*.sh and CMake do the work. PERBIT_* variables are explained in tools/deps.sh.

.PHONY: all dev deps test check golden agree convert-agree demo study-small bench format coverage install clean help

all:
	@tools/deps.sh --quiet
	@tools/build.sh release

dev: ## debug build with sanitizers: build/dev/perbit
	@tools/deps.sh --quiet
	@tools/build.sh dev

deps: ## fetch and build what perbit is made from, tests included
	@tools/deps.sh --test

test: ## every suite (about 23 minutes on two cores)
	@tools/test.sh

check: ## layers, headers, private paths: seconds
	@tools/check_layers.sh
	@tools/check_headers.sh
	@tools/check_text.sh

golden: ## every request of 64 tasks against lm-evaluation-harness's; PERBIT_SHARED names the inputs
	@tools/deps.sh --quiet --test
	@tools/build.sh release requests
	@tools/golden.sh

agree: ## random rows for hundreds of lm-evaluation-harness's tasks; PERBIT_PYTHON is a Python with lm_eval
	@tools/deps.sh --quiet --test
	@tools/build.sh release requests
	@$(or $(PERBIT_PYTHON),python3) tests/reference/agree.py --requests build/release/tests/requests

convert-agree: ## perbit convert against the reference converter; PYTHON_HF is a Python with torch and transformers
	@tools/deps.sh --quiet --test
	@tools/build.sh release perbit token_lines
	@tests/convert/agree.sh

demo: all ## tools/demo.sh
	@PERBIT=$(CURDIR)/build/release/perbit tools/demo.sh

study-small: all ## a real study on eight levels and five tasks, half an hour: tools/study_small.sh
	@PERBIT=$(CURDIR)/build/release/perbit tools/study_small.sh

bench: all ## perbit's own speed: bench/run.sh
	@PERBIT=$(CURDIR)/build/release/perbit bench/run.sh

format: ## clang-format over src and tests
	@find src tests bench -name '*.[ch]' -o -name '*.cpp' | xargs clang-format -i

coverage: ## line coverage of unit, flow and cli tests
	@tools/deps.sh --quiet --test
	@tools/coverage.sh

install: all ## into $(DESTDIR)$(PREFIX), /usr/local without
	@cmake --install build/release --prefix $(DESTDIR)$(or $(PREFIX),/usr/local)

clean: ## remove build/; the cache of deps.sh stays
	@rm -rf build

help: ## this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22
