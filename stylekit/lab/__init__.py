"""The weight lab: sliders on the three loss weights, for a trained painter and for a running training."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
