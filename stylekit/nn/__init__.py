"""Networks and what they are made of: layers, losses, and the feature extractor F."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
