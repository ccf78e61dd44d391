"""The project as a whole: what an import loads, what the wheel carries, that the README promises only what is there."""

import ast
import graphlib
import importlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import rooms

import stylekit
from stylekit import files
from stylekit.errors import DataError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
MODULES = rooms.modules()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def python(script, folder=ROOT):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- imports ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_import_stylekit_loads_nothing_heavy():
    heavy = "('tensorflow', 'keras', 'numpy', 'PIL', 'skimage', 'sklearn', 'matplotlib', 'IPython')"
    assert python(f"import sys, stylekit; print([name for name in {heavy} if name in sys.modules])") == "[]\n"


@pytest.mark.slow
def test_pictures_need_no_tensorflow():
    used = "stylekit.read, stylekit.filters.FILTERS, stylekit.photos"
    assert python(f"import sys, stylekit; {used}; print('tensorflow' in sys.modules)") == "False\n"


@pytest.mark.parametrize("name", stylekit.__all__)
def test_every_public_name_is_there(name):
    assert getattr(stylekit, name).__doc__


@pytest.mark.parametrize("name", MODULES)
def test_every_file_can_be_imported_and_says_what_it_is(name):
    assert importlib.import_module(f"stylekit.{name}").__doc__


STUBS = sorted(path for path in (ROOT / "stylekit").rglob("__init__.pyi"))


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.parent.name)
def test_the_stub_is_the_one_list_of_names(stub):
    """What a type checker reads, what `dir` shows and what there is are the same."""
    package = importlib.import_module(".".join(stub.parent.relative_to(ROOT).parts))
    listed = [node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    names = {alias.asname or alias.name for node in listed for alias in node.names}
    assert names == set(package.__all__) and names <= set(dir(package))
    assert all(getattr(package, name) is not None for name in names)
    assert "attach_stub(__name__, __file__)" in stub.with_suffix(".py").read_text(encoding="utf-8")


def test_names_can_be_listed_and_an_unknown_one_is_an_ordinary_error():
    assert {"Painter", "images", "photos"} <= set(dir(stylekit))
    with pytest.raises(AttributeError, match="Pianter"):
        stylekit.Pianter  # noqa: B018


# --- rooms ------------------------------------------------------------------------------------------------------------


def test_every_room_is_on_a_floor():
    on_floors = {room for floor in rooms.FLOORS for room in floor}
    assert {rooms.room_of(name) for name in MODULES} == on_floors, "add the room to FLOORS in scripts/rooms.py"


@pytest.mark.parametrize("arrow", rooms.arrows(), ids=" to ".join)
def test_rooms_import_only_from_below(arrow):
    room, other = arrow
    floor_of = {room: i for i, floor in enumerate(rooms.FLOORS) for room in floor}
    assert floor_of[other] < floor_of[room], f"{rooms.arrows()[arrow]} import from {other}, which is not below {room}"


def test_files_do_not_import_in_circles():
    graph = {name: rooms.imports(path, MODULES) - {name} for name, path in MODULES.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_imports_of_every_form_are_found(tmp_path):
    (tmp_path / "any.py").write_text(
        "import stylekit.images\n"
        "from stylekit import errors, Painter\n"
        "from stylekit.nn.losses import content_loss\n"
        "from keras import ops\n"
        "def later():\n"
        "    from stylekit.nn import features\n"
    )
    assert rooms.imports(tmp_path / "any.py", MODULES) == {"images", "errors", "nn.losses", "nn.features"}
    assert [rooms.room_of(name) for name in ("nn.losses", "nn.features", "nn", "images")] == [
        "nn.losses", "nn", "nn", "images",
    ]


def test_contributing_draws_the_rooms_as_they_are():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    kept, fresh = (without_lines(text) for text in (page, rooms.with_rooms(page, rooms.drawn())))
    assert kept[0] == fresh[0], "run: make rooms"
    # a line more or less must not fail
    assert all(abs(a - b) <= 100 for a, b in zip(kept[1], fresh[1], strict=True)), "run: make rooms"


def without_lines(page):
    """A page without the numbers of lines in its table of rooms, and these numbers."""
    row = re.compile(r"^(\| `.+ \|) (\d+) \|$", re.MULTILINE)
    return row.sub(r"\1", page), [int(lines) for _, lines in row.findall(page)]


# --- data -------------------------------------------------------------------------------------------------------------


def test_data_files_of_the_checkout_are_found():
    assert files.data_file("README.md") == ROOT / "data" / "README.md"


def test_a_missing_data_file_is_named():
    with pytest.raises(DataError, match="weights/none.npz is missing"):
        files.data_file("weights/none.npz")


INSTALLED = """
import stylekit
print(stylekit.files.data_file("README.md"))
print(stylekit.Painter.__name__)
print(stylekit.filters.__name__)
print(stylekit.course.budget.__name__)
"""


@pytest.mark.slow
def test_the_wheel_carries_data_and_names_and_finds_them(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        inside = set(wheel.namelist())
        wheel.extractall(tmp_path / "installed")
    for path in (ROOT / "data").rglob("*"):
        assert path.is_dir() or f"stylekit/_data/{path.relative_to(ROOT / 'data').as_posix()}" in inside
    for kind in ("*.py", "*.pyi", "*.ipynb"):
        for path in (ROOT / "stylekit").rglob(kind):
            assert path.relative_to(ROOT).as_posix() in inside
    found = python(INSTALLED, tmp_path / "installed").splitlines()
    assert Path(found[0]) == tmp_path / "installed" / "stylekit" / "_data" / "README.md"
    assert found[1:] == ["Painter", "stylekit.filters", "stylekit.course.budget"]


# --- what the README promises -----------------------------------------------------------------------------------------


def test_the_readme_names_only_make_targets_that_exist():
    targets = set(re.findall(r"^([\w-]+):", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"\bmake (\w+) +#", README)) | set(re.findall(r"`make (\w+)`", README))
    assert {"demo", "test", "lab"} <= named <= targets


def test_every_target_says_what_it_does():
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()
    described = re.findall(r"^([\w -]+):.*## \w", MAKEFILE, re.MULTILINE)
    assert {target for targets in described for target in targets.split()} == set(phony)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "data/README.md", "data/weights/README.md"])
def test_every_link_leads_to_a_file(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in link or ((ROOT / page).parent / link).exists(), f"{page} links to {link}"


def test_the_commands_in_the_readme_are_understood():
    from stylekit.cli.arguments import parser

    commands = re.findall(r"^ {4}\.venv/bin/stylekit (.*)$", README, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        parser().parse_args(command.split())


def test_the_course_table_names_every_lesson():
    assert set(re.findall(r"\]\((notebooks/\w+\.ipynb)\)", README)) == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("*.ipynb")
    }


# --- where it is run for every change ---------------------------------------------------------------------------------


def test_the_workflow_runs_what_there_is_and_all_that_the_first_check_runs():
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    called = re.findall(r"- run: make PYTHON=python (.+)$", workflow, re.MULTILINE)
    versions = re.findall(r"\{versions: (\w+), python: \"(3\.\d+)\"\}", workflow)
    assert "test-${{ matrix.versions }}" in called
    called = {*called, *(f"test-{name}" for name, _ in versions)} - {"test-${{ matrix.versions }}"}
    targets = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split())
    asked = re.search(r"^make (.*)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)[1].split()
    assert set(asked) <= called <= targets
    assert called == {target for target in targets if target.startswith("test")} - {"test-all"}
    assert 'os: [ubuntu-latest, macos-latest, windows-latest]\n        python: ["3.10", "3.13"]' in workflow


# --- one list of dependencies -----------------------------------------------------------------------------------------


def test_environment_yml_repeats_no_dependency():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    listed = re.findall(r"^ +- ([^:\n]+)$", text, re.MULTILINE)
    assert [item for item in listed if item != "conda-forge"] == ["python=3.12", "pip", "-e .[lab]"]


@pytest.mark.slow
def test_what_environment_yml_asks_of_pip_resolves_here():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    asked = re.findall(r"^ +- (.+)$", text.split("- pip:")[1], re.MULTILINE)
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-build-isolation"]
    plain = [item.removeprefix("-e ") for item in asked]  # an editable install wants a helper that tests need not have
    done = subprocess.run([*pip, *plain], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and "does not provide" not in done.stderr, done.stderr
    assert "Would install stylekit" in done.stdout


def test_every_import_of_the_package_is_a_dependency():
    modules = {"IPython": "ipython", "PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn"}
    declared = {re.split(r"[<>=\[ ]", item)[0] for item in PROJECT["project"]["dependencies"]}
    extras = PROJECT["project"]["optional-dependencies"]
    optional = {re.split(r"[<>=\[ ]", item)[0] for item in (*extras["lab"], *extras["voila"], *extras["heic"])}
    for path in (ROOT / "stylekit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for top in {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"stylekit"}:
                assert modules.get(top, top.replace("_", "-")) in declared | optional, f"{path.name} imports {top}"


def test_the_licence_is_apache_2_whole():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"
