"""Draw the rooms of stylekit in CONTRIBUTING.md: what each one is, and who imports whom.

    python scripts/rooms.py

FLOORS is the one list of floors. tests/test_project.py checks that every import leads down, and that CONTRIBUTING.md is
up to date. Running this twice changes nothing.
"""

import ast
import re
from math import ceil
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Bottom to top. A room imports only from floors below its own: rooms on one floor do not know of each other.
# A name with a dot is a file that lies on another floor than the rest of its room.
FLOORS = (
    ("errors",),
    ("files",),
    ("images", "nn.losses"),
    ("filters", "nn", "metrics"),
    ("data", "training"),
    ("methods",),
    ("plots",),
    ("course",),
    ("lab", "cli"),
)
BEGIN, END = "<!-- rooms: written by `make rooms` -->\n\n", "<!-- end of rooms -->"
ARROW = "●"


def main(root=ROOT):
    """Write the rooms into CONTRIBUTING.md. Returns whether anything changed."""
    page = root / "CONTRIBUTING.md"
    text = page.read_text(encoding="utf-8")
    fresh = with_rooms(text, drawn(root))
    if fresh != text:
        page.write_text(fresh, encoding="utf-8")
    return fresh != text


def with_rooms(text, rooms):
    """Put the rooms between the two markers of a page. Both are str, as is the result."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + rooms + END + rest.split(END)[1]


# --- what there is ----------------------------------------------------------------------------------------------------


def modules(root=ROOT):
    """Find all files of the package: dict dotted name without "stylekit." -> Path. The package itself is left out."""
    package = root / "stylekit"
    names = {path: path.relative_to(package).with_suffix("").as_posix() for path in sorted(package.rglob("*.py"))}
    return {
        name.replace("/", ".").removesuffix(".__init__"): path
        for path, name in names.items()
        if name not in ("__init__", "__main__")
    }


def imports(path, known):
    """Find what a file imports from stylekit, at its top or inside a function.

    Args:
        path: the file.
        known: the names of all modules, as in `modules`.

    Returns:
        A set of names of modules.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "stylekit":
                parts = name.split(".")[1:]
                while parts and ".".join(parts) not in known:
                    parts = parts[:-1]  # the rest is a name inside the module
                found.add(".".join(parts))
    return found - {""}


def room_of(module):
    """Name the room of a module: the longest entry of FLOORS that it lies in, else its first part."""
    rooms = [room for floor in FLOORS for room in floor if f"{module}.".startswith(f"{room}.")]
    return max(rooms, key=len, default=module.split(".")[0])


def arrows(root=ROOT):
    """Find which room imports from which: dict (room, imported room) -> sorted names of the files that do."""
    known = modules(root)
    found = {}
    for name, path in known.items():
        for other in imports(path, known):
            pair = room_of(name), room_of(other)
            if pair[0] != pair[1]:
                found.setdefault(pair, set()).add(name)
    return {pair: sorted(names) for pair, names in sorted(found.items())}


# --- the drawing ------------------------------------------------------------------------------------------------------


def drawn(root=ROOT):
    """Draw the rooms: a table of what they are, and who imports whom. Returns Markdown, a str."""
    known, order = modules(root), [room for floor in FLOORS for room in floor]
    rows = ["| room | what it is | files | lines, at most |", "| --- | --- | --- | --- |"]
    for room in reversed(order):
        paths = [path for name, path in known.items() if room_of(name) == room]
        lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
        rows.append(f"| `{room}` | {sentence(known[room])} | {len(paths)} | {ceil(lines / 100) * 100} |")
    found = arrows(root)
    count = f"{len(order)} rooms on {len(FLOORS)} floors, and {len(found)} arrows between them."
    words = f"{count} {ARROW} means that the room of this row imports from the room of this column."
    return "\n".join([*rows, "", words, "", "```text", *matrix(found, order), "```", ""])


def sentence(path):
    """Read the first sentence of a file's docstring, as it may stand in a table."""
    paragraph = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).split("\n\n")[0]
    text = re.split(r"(?<=\.) (?=[A-Z`])", " ".join(paragraph.split()))[0]
    return text.replace("|", "\\|")


def matrix(found, order):
    """Draw the arrows as lines of text, top floor first. found: as from `arrows`. order: the rooms, bottom to top."""
    wide = max(map(len, order))
    floor_of = {room: i for i, floor in enumerate(FLOORS) for room in floor}
    lines = [" " * (wide + 1) + " ".join(order)]
    for above, room in zip([order[-1], *reversed(order)], reversed(order), strict=False):
        if floor_of[room] != floor_of[above]:
            lines.append("")
        marks = [(ARROW if (room, other) in found else "·").center(len(other)) for other in order]
        lines.append(f"{room:{wide}} {' '.join(marks)}".rstrip())
    return lines


if __name__ == "__main__":
    print("CONTRIBUTING.md: " + ("written anew." if main() else "nothing changed."))
