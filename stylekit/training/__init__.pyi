from . import adam, callbacks, distribution, image_pool, objective, trainer
