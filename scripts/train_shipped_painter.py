"""Train the painter that stylekit ships, data/weights/painter.npz.

    python scripts/train_shipped_painter.py --photos DIR --paintings DIR -o runs/first
    python scripts/train_shipped_painter.py --photos DIR --paintings DIR --start runs/first/painter.npz -o runs/second

The photos are the embedded ones and those in --photos. The paintings are made from these photos by the filters, half of
them with a palette, and the real ones in --paintings are added. Both folders can be left out. --start continues with a
painter that was trained before; if it has no layers for strokes, they are added. A training that was stopped continues
when the same command is called again. One photo and one painting in five, selected by their file names, are kept out:
the scores beside the weights are measured on them.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from stylekit import filters, images
from stylekit.data import domains
from stylekit.data.batches import Batches
from stylekit.methods.painter import DECADES, TERMS, Painter
from stylekit.nn.layers import StyledFilters, StyledNoise
from stylekit.training import distribution
from stylekit.training.trainer import Trainer

SIZE = 256  # px, short side of the pictures that crops are cut from
CLASSICAL = 400  # paintings made by the filters
MARGIN = 0.5  # decades: weights drawn so far beyond the ends of the sliders count as the ends
# until this share of the steps: crop in px, batch size. Each size has other noise, so G learns with several sizes
STAGES = ((0.25, 112, 5), (0.6, 128, 4), (0.85, 160, 3), (1.0, 192, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--paintings", type=Path)
    parser.add_argument("--start", type=Path, help="a painter.npz to continue with")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument(
        "--content-margin",
        type=float,
        default=MARGIN,
        help="decades; more: the upper end of the content weight is drawn more often",
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/shipped"))
    options = parser.parse_args()

    started = time.time()
    photos = domains.photos(SIZE, "train")
    if options.photos:
        photos = domains.join([photos, domains.folder(options.photos, SIZE, "train")])
    paintings, real = classical_paintings(photos, options.seed), []
    if options.paintings:
        real = domains.folder(options.paintings, SIZE, "train")
        # real paintings are drawn as often as those of the filters, even if there are few
        paintings = domains.join([paintings] + [real] * round(len(paintings) / len(real)))
    print(f"{len(photos)} photos, {len(paintings)} paintings, {time.time() - started:.0f} s", flush=True)

    rate = keras.optimizers.schedules.CosineDecay(
        options.learning_rate / 10, options.steps, 0.02, warmup_target=options.learning_rate, warmup_steps=300
    )
    painter = start(options.start, learning_rate=rate, seed=options.seed)
    painter.content_margin = options.content_margin
    trainer = Trainer(painter, options.output, seed=options.seed)
    trainer.resume()
    for share, crop, batch_size in STAGES:
        batches = Batches(photos, paintings, crop, batch_size, seed=options.seed, augment=True)
        trainer.fit(batches, max(round(share * options.steps) - trainer.step, 0), save_every=250)
    trainer.method.save(options.output / "painter.npz")
    record = {name: getattr(options, name) for name in ("steps", "learning_rate", "content_margin", "seed")}
    record |= {"photos": len(photos), "classical_paintings": CLASSICAL, "real_paintings": len(real)}
    record["hours"] = round((time.time() - started) / 3600, 2)  # of the last call
    (options.output / "record.json").write_text(json.dumps(record, indent=1))


class EndsAsWell(Painter):
    """A painter that also learns the ends of its sliders: each of them is one draw in ten.

    content_margin: decades beyond the upper end of the content weight, where the photo has to come back.
    """

    content_margin = MARGIN

    def draw_weights(self, batch, seed):
        places = distribution.draw(tf.random.stateless_uniform, (batch, len(TERMS)), seed)
        beyond = tf.constant([self.content_margin if term == "content" else MARGIN for term in TERMS])
        exponents = places * (DECADES + beyond) - (1 - places) * (DECADES + MARGIN)
        return 10.0 ** tf.clip_by_value(exponents, -DECADES, DECADES)


def start(path, **settings):
    """A painter with layers for strokes, new or with everything that the painter in a file has learned.

    If that one has no such layers, they start without effect, so both paint the same pictures.
    """
    if not path:
        return EndsAsWell(strokes=True, **settings)
    old = Painter.load(path)
    new = EndsAsWell(strokes=True, typical=old.typical, **settings)
    target = new.generator_variables
    if not old.settings["strokes"]:
        added = (StyledNoise, StyledFilters)
        extra = {id(v) for layer in new.generator.layers if isinstance(layer, added) for v in layer.variables}
        target = [v for v in target if id(v) not in extra]
    for mine, other in zip(target, old.generator_variables, strict=True):
        mine.assign(other)
    return new


def classical_paintings(photos, seed):
    """CLASSICAL paintings of the photos: as many by each filter, half of them with a palette."""
    random, names, palettes = np.random.default_rng(seed), list(filters.FILTERS), list(filters.PALETTES)

    def paintings():
        for i in range(CLASSICAL):
            photo = images.resize(photos[random.integers(len(photos))], int(random.integers(160, SIZE + 1)))
            palette = palettes[random.integers(len(palettes))] if i % 2 else None
            yield filters.render(photo, names[i % len(names)], seed=i, palette=palette)

    return domains.Domain("classical paintings", paintings())


if __name__ == "__main__":
    main()
