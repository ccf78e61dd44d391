"""How long `import stylekit` and every --help take, in fresh processes: best of five, in milliseconds."""

import subprocess
import sys
import time

COMMANDS = {
    "python alone": ["-c", "pass"],
    "import stylekit": ["-c", "import stylekit"],
    "stylekit.read": ["-c", "import stylekit; stylekit.read"],
    "stylekit.photos": ["-c", "import stylekit; stylekit.photos"],
    "stylekit.Painter": ["-c", "import stylekit; stylekit.Painter"],
    **{
        " ".join(["stylekit", *command, "--help"]): ["-m", "stylekit", *command, "--help"]
        for command in ([], ["demo"], ["train"], ["stylize"], ["lab"])
    },
}


def milliseconds(arguments):
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return 1000 * (time.perf_counter() - started)


for name, arguments in COMMANDS.items():
    print(f"{name:26}{min(milliseconds(arguments) for _ in range(5)):8.0f} ms")
