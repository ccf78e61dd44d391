from . import adam, callbacks, distribution, history, image_pool, objective, plan, trainer
