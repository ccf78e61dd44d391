"""Should D know which style was asked for? Trains the same painter with and without, and scores both.

    python benchmarks/conditioning.py [--steps 400] [--seeds 3]

Four painters, 64 px. Scored on held-out photos with the adversarial weight at 1 and at 100: the style distance of
G(x, y) to its y, and how often, of the four results of a photo, it is the nearest to that y.
"""

import argparse

import keras
import numpy as np

import stylekit
from stylekit import images, metrics
from stylekit.filters import render
from stylekit.nn import networks

FILTERS = ("brush", "watercolour", "woodcut", "stained_glass")


def blind(painter, seed):
    """The same painter with a discriminator that is handed the style code and does not look at it."""
    keras.utils.set_random_seed(seed)
    judge = networks.patch_discriminator()
    codes = keras.Input(painter.style_encoder.output.shape[1:])
    painter.discriminator = keras.Model([judge.input, codes], judge.output)
    painter.compile(discriminator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5, beta_2=0.99))
    return painter


def score(painter, photos, paintings):
    """Style distances and right matches, for the adversarial weight at 1 and at 100."""
    for adversarial in (1.0, 100.0):
        results = [painter(photo, y, adversarial=adversarial) for y in paintings for photo in photos]
        table = metrics.style_table(painter.feature_extractor, np.stack(results), np.stack(paintings)).T
        table = table.reshape(len(paintings), len(photos), len(paintings))  # asked for, photo, compared with
        asked = np.arange(len(paintings))
        yield table[asked, :, asked].mean()
        yield (table.argmin(axis=0) == asked).mean()


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--steps", type=int, default=400)
parser.add_argument("--seeds", type=int, default=3)
options = parser.parse_args()

photos = stylekit.photos(96, "train")
canvases = stylekit.data.domains.join(stylekit.filtered(photos, name, seed=1) for name in FILTERS)
tests = [images.fit(photo, 96) for photo in stylekit.photos(96, "test")]
examples = [render(images.fit(photos[1], 96), name, seed=9) for name in FILTERS]
print("adversarial weight          1                100")
print("D               seed   style  matches   style  matches")
for seed in range(options.seeds):
    batches = stylekit.Batches(photos, canvases, crop=64, batch_size=4, seed=seed)
    for name, change in {"knows the code": lambda painter, _: painter, "is blind": blind}.items():
        painter = change(stylekit.Painter(width=16, blocks=3, seed=seed), seed)
        stylekit.Trainer(painter).fit(batches, options.steps, progress=False)
        style, matches, style_up, matches_up = score(painter, tests, examples)
        print(f"{name:15s} {seed:4d}   {style:.3f}  {matches:7.0%}   {style_up:.3f}  {matches_up:7.0%}", flush=True)
