"""Write what stands in several places: the table of the course, the badges, the set-up cell.

    python scripts/link_course.py [owner/name]

The first cell of each lesson has its title, its question, its time and its memory. The README's table and the map in
lesson 00 are made from these. The address of the repository is kept once, in pyproject.toml. With owner/name it is
written there; then every lesson and the README get badges for Colab and Binder, and the set-up cell installs from that
address. Without an address there are no badges. Running this twice changes nothing.
"""

import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
START = "00_start_here.ipynb"
REPOSITORY = re.compile(r'^Repository = "https://github\.com/([\w.-]+/[\w.-]+)"\n', re.MULTILINE)
COLAB = "https://colab.research.google.com/github/{repository}/blob/main/notebooks/{lesson}"
BINDER = "https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/notebooks/{lesson}"
BADGES = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](" + COLAB + ") "
    "[![Open in Binder](https://mybinder.org/badge_logo.svg)](" + BINDER + ")"
)
ANY_BADGES = re.compile(r"\n*^\[!\[Open in Colab\].*$", re.MULTILINE)
THE_MAP = re.compile(r"## The map\n\n.*?(?=\n\n## |\Z)", re.DOTALL)
SET_UP_TEXT = """\
## Set-up

After `make lab`, and on Binder, stylekit is installed, and this cell only imports it. {elsewhere}"""
ELSEWHERE = {
    True: "On Colab it installs stylekit,\nbeside the TensorFlow that is there.",
    False: "Anywhere else open this notebook from\n"
    "its `notebooks` folder in a copy of the repository: then the cell installs stylekit by itself.",
}
SET_UP = """\
import importlib.util
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow's log off; a line on oneDNN may stay
if importlib.util.find_spec("stylekit") is None:
    %pip install --quiet {source}

import keras
import numpy as np
import tensorflow as tf

import stylekit

keras.utils.set_random_seed(7)
print(f"stylekit {{stylekit.__version__}}, TensorFlow {{tf.__version__}}, Keras {{keras.__version__}}")"""


def main(root=ROOT, repository=None):
    """Write every file that is not up to date.

    Args:
        root: the folder of the project, a Path.
        repository: "owner/name", or None to keep the address that is there.

    Returns:
        The names of the changed files, a list of str.
    """
    if repository:
        set_repository(root / "pyproject.toml", repository)
    lessons = {path.name: path for path in sorted((root / "notebooks").glob("*.ipynb"))}
    notebooks = {name: nbformat.read(path, as_version=4) for name, path in lessons.items()}
    before = {name: nbformat.writes(notebook) for name, notebook in notebooks.items()}
    found = REPOSITORY.search((root / "pyproject.toml").read_text(encoding="utf-8"))
    repository = found and found[1]
    for name, notebook in notebooks.items():
        link(notebook, name, repository)
    draw_map(notebooks)
    changed = [name for name, notebook in notebooks.items() if nbformat.writes(notebook) != before[name]]
    for name in changed:
        nbformat.write(notebooks[name], lessons[name])
    readme = root / "README.md"
    text = with_course(readme.read_text(encoding="utf-8"), notebooks, repository)
    if text != readme.read_text(encoding="utf-8"):
        readme.write_text(text, encoding="utf-8")
        changed.append("README.md")
    return changed


def set_repository(path, repository):
    """Write the address into pyproject.toml. repository: "owner/name"."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        sys.exit(f"The repository is {repository!r}: wanted owner/name, as in make links REPO=owner/name.")
    text = REPOSITORY.sub("", path.read_text(encoding="utf-8")).replace("[project.urls]\n\n", "")
    line = f'Repository = "https://github.com/{repository}"\n'
    path.write_text(text.replace("[project.scripts]", f"[project.urls]\n{line}\n[project.scripts]"), encoding="utf-8")


def link(notebook, name, repository):
    """Write a lesson's badges below its title, its set-up cell, and the words above that cell."""
    title, text, code = notebook.cells[:3]
    title.source = with_badges(title.source, repository, name)
    text.source = SET_UP_TEXT.format(elsewhere=ELSEWHERE[bool(repository)])
    code.source = SET_UP.format(source=f'"stylekit @ git+https://github.com/{repository}"' if repository else "..")


def with_badges(text, repository, lesson):
    """Put the badges of a lesson below the title of a page; without a repository, take them away. Returns the page."""
    title, rest = ANY_BADGES.sub("", text).split("\n", 1)
    badges = f"\n\n{BADGES.format(repository=repository, lesson=lesson)}" if repository else ""
    return f"{title}{badges}\n{rest}"


# --- the course -------------------------------------------------------------------------------------------------------


def facts(notebook):
    """Read (title, question, time, memory) of a lesson from its first cell, four str."""
    text = " ".join(notebook.cells[0].source.split())
    title, question = re.search(r"# (.+?) (?:\[!.+\) )?\*\*(.+?\?)\*\*", text).groups()
    time, memory = re.search(r"Running every cell takes (\d+ \w+) and (\d+\.\d+ GB)", text).groups()
    return title, question, time.replace("seconds", "s").replace("minutes", "min"), memory


def with_course(readme, notebooks, repository):
    """Write the README's badges and its table of lessons. Returns the text."""
    rows = ["| lesson | the question | time | memory |", "| --- | --- | --- | --- |"]
    for name, notebook in notebooks.items():
        title, question, time, memory = facts(notebook)
        rows.append(f"| [{title}](notebooks/{name}) | {question} | {time} | {memory} |")
    table = "\n".join(rows)
    text = re.sub(r"^\| lesson \|.*?(?=\n\n)", lambda _: table, readme, flags=re.MULTILINE | re.DOTALL)
    return with_badges(text, repository, START)


def draw_map(notebooks):
    """Write the map in lesson 00: every lesson and its question."""
    rows = ["| lesson | the question |", "| --- | --- |"]
    for name, notebook in notebooks.items():
        title, question, *_ = facts(notebook)
        rows.append(f"| {title if name == START else f'[{title}]({name})'} | {question} |")
    for cell in notebooks[START].cells:
        cell.source = THE_MAP.sub(lambda _: "## The map\n\n" + "\n".join(rows), cell.source)


if __name__ == "__main__":
    print("Changed: " + (", ".join(main(repository=sys.argv[1] if sys.argv[1:] else None)) or "nothing") + ".")
