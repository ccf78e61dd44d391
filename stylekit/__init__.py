"""stylekit: image style transfer between two domains with GANs, to learn from.

Nothing heavy is imported here: a name below, or a module of the package, is imported when it is first used, so that
`import stylekit` takes milliseconds and TensorFlow loads only for what needs it.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "stylekit.domains": ("Domain", "Pairs", "folder", "painted", "photos"),
    "stylekit.downloads": ("download",),
    "stylekit.errors": ("DataError", "ImageError", "SettingError", "StylekitError", "TrainingError"),
    "stylekit.features": ("content_keeper",),
    "stylekit.images": ("read", "write"),
    "stylekit.methods.painter": ("Painter",),
    "stylekit.objective": ("Objective",),
    "stylekit.painters": ("PAINTERS", "paint"),
    "stylekit.callbacks": ("Samples",),
    "stylekit.training": ("Trainer",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = (
    "adam", "archives", "callbacks", "charts", "checks", "demo", "diagrams", "digits", "domains", "downloads",
    "errors", "features", "files", "folders", "images", "lab", "losses", "methods", "metrics", "networks",
    "objective", "optimise", "pace", "painters", "pairs", "paths", "plane", "plots", "sharing", "sheets", "training",
)  # fmt: skip

__all__ = sorted(_HOME_OF)


def __getattr__(name):  # PEP 562: called for a name that is not here yet
    if name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
    elif name in _MODULES:
        value = import_module(f"stylekit.{name}")
    else:
        raise AttributeError(f"module 'stylekit' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__, *_MODULES})
