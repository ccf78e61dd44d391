PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(BIN)/python
# Two at a time, each on one thread: with two threads each they wait for one another.
ONE_THREAD := TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1
QUICKLY := STYLEKIT_BUDGET=quick $(ONE_THREAD) TF_CPP_MIN_LOG_LEVEL=3 $(RUN) -m pytest -q -n 2
LESSONS := $(sort $(wildcard notebooks/*.ipynb))
# Where the tests are that take seconds: elsewhere they train, or start a browser or another program.
QUICK := $(addprefix tests/, test_files.py test_images.py test_metrics.py test_project.py test_course.py \
    training/test_objective.py training/test_adam.py filters nn data plots course)

.PHONY: demo lab check test test-all test-jupyterlab test-twice test-colab test-oldest test-newest browser notebooks links rooms bench clean

demo: .venv/ready  ## train on real photos here and now, and paint with what was learned
	$(RUN) -m stylekit demo

lab: .venv/ready  ## open the course in JupyterLab
	$(RUN) -m stylekit lab

check: .venv/ready  ## check the style of the code, and run the quick tests
	$(RUN) -m ruff check
	$(QUICKLY) -m "not slow" $(QUICK)

test: .venv/ready browser  ## check the style of the code, run every test and every lesson
	$(RUN) -m ruff check
	$(QUICKLY) --dist loadfile --no-loadscope-reorder --nbval-lax --nbval-current-env --nbval-cell-timeout=600 \
	    --ignore tests/browser/test_lessons.py $(LESSONS) tests

test-all: test test-jupyterlab test-twice test-colab test-oldest test-newest  ## all that, and the lessons elsewhere

test-jupyterlab: .venv/ready browser  ## run every lesson in JupyterLab, in a browser, and look at the page
	$(QUICKLY) --maxschedchunk 1 tests/browser/test_lessons.py

test-twice: .venv/ready  ## run every cell of every lesson twice in a row
	$(RUN) scripts/test_twice.py

test-colab test-oldest test-newest: .venv/ready  ## run the lessons with the wheel and the versions in tests/versions/
	$(RUN) scripts/test_versions.py $(@:test-%=%)

browser:  ## get Chromium, in which the lab is tested, where it is missing and Debian's apt-get may install it
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } \
	|| echo "No Chromium: the tests of the lab in a browser will be skipped. To run them: apt-get install chromium"

notebooks: .venv/ready  ## run the lessons anew and keep their outputs
	$(RUN) scripts/refresh_notebooks.py $(LESSONS)
	$(RUN) scripts/link_course.py

links: .venv/ready  ## write the repository's address, make links REPO=owner/name, into badges and set-up cells
	$(RUN) scripts/link_course.py $(REPO)

rooms: .venv/ready  ## write the list and the drawing of the rooms into CONTRIBUTING.md
	$(RUN) scripts/rooms.py

bench: .venv/ready  ## measure; a new table for each script
	for script in benchmarks/*.py; do echo "== $$script"; $(RUN) $$script || exit 1; done

clean:  ## remove everything that the other targets made
	rm -rf .venv runs dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# An environment of its own, made anew whenever the list of dependencies changes.
.venv/ready: pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check "pip>=21.3"  # older ones need a setup.py for -e
	$(RUN) -m pip install --quiet --disable-pip-version-check -e ".[test,lab]"
	touch $@
