"""stylekit: image style transfer between two domains with GANs, to learn from.

Nothing heavy is imported here. A name is imported when it is first used, so `import stylekit` takes milliseconds, and
TensorFlow loads only for what needs it. `__init__.pyi` lists the names; a type checker reads the same list.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
