"""The project as a whole: what an import loads, what the wheel carries, that the README promises only what is there."""

import ast
import importlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def python(script, folder=ROOT):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- imports ----------------------------------------------------------------------------------------------------------


def test_import_stylekit_loads_nothing_heavy():
    heavy = "('tensorflow', 'keras', 'numpy', 'PIL', 'skimage', 'sklearn', 'matplotlib', 'IPython')"
    assert python(f"import sys, stylekit; print([name for name in {heavy} if name in sys.modules])") == "[]\n"


def test_pictures_need_no_tensorflow():
    used = "stylekit.read, stylekit.filters.FILTERS, stylekit.photos"
    assert python(f"import sys, stylekit; {used}; print('tensorflow' in sys.modules)") == "False\n"


@pytest.mark.parametrize("name", stylekit.__all__)
def test_every_public_name_is_there(name):
    assert getattr(stylekit, name).__doc__


ROOMS = sorted(
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in (ROOT / "stylekit").rglob("*.py")
    if path.stem != "__main__" and path.parent != ROOT / "stylekit"
)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_can_be_reached_by_its_name(room):
    assert importlib.import_module(room).__doc__


def test_names_can_be_listed_and_an_unknown_one_is_an_ordinary_error():
    assert {"Painter", "images", "photos"} <= set(dir(stylekit))
    with pytest.raises(AttributeError, match="no attribute 'Pianter'"):
        stylekit.Pianter  # noqa: B018


FLOORS = [
    {"errors", "files"},
    {"images", "nn"},
    {"filters", "metrics"},
    {"data", "training"},
    {"methods"},
    {"plots", "course"},
    {"lab", "cli"},
]


def test_rooms_import_only_from_the_same_floor_or_below():
    floor_of = {room: i for i, rooms in enumerate(FLOORS) for room in rooms}
    for path in sorted((ROOT / "stylekit").rglob("*.py")):
        room = path.relative_to(ROOT / "stylekit").parts[0].removesuffix(".py")
        if room in ("__init__", "__main__"):
            continue
        above = {other for other in imported_rooms(path) if floor_of[other] > floor_of[room]}
        assert not above, f"{path.name} imports from above: {above}"


def imported_rooms(path):
    """The rooms of stylekit that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "stylekit":
            yield from (alias.name for alias in node.names if (ROOT / "stylekit" / alias.name).exists()
                        or (ROOT / "stylekit" / f"{alias.name}.py").exists())  # fmt: skip
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stylekit."):
            yield node.module.split(".")[1]


# --- data -------------------------------------------------------------------------------------------------------------


def test_data_files_of_the_checkout_are_found():
    assert files.data_file("README.md") == ROOT / "data" / "README.md"


def test_a_missing_data_file_is_named():
    with pytest.raises(DataError, match="weights/none.npz is missing"):
        files.data_file("weights/none.npz")


def test_the_wheel_carries_the_data_and_finds_it(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        inside = set(wheel.namelist())
        wheel.extractall(tmp_path / "installed")
    for path in (ROOT / "data").rglob("*"):
        assert path.is_dir() or f"stylekit/_data/{path.relative_to(ROOT / 'data').as_posix()}" in inside
    for path in (*(ROOT / "stylekit").rglob("*.py"), *(ROOT / "stylekit").rglob("*.ipynb")):
        assert path.relative_to(ROOT).as_posix() in inside
    found = python("from stylekit.files import data_file; print(data_file('README.md'))", tmp_path / "installed")
    assert Path(found.strip()) == tmp_path / "installed" / "stylekit" / "_data" / "README.md"


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
    from stylekit import cli
    from stylekit.cli.arguments import parser

    commands = re.findall(r"^ {4}\.venv/bin/stylekit (.*)$", README, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        parser(cli.demo, cli.train, cli.stylize, cli.download, cli.lab).parse_args(command.split())


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
