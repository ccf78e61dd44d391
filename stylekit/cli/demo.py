"""The demo: train a painter on real photos here and now, and show in one picture what it learned."""

import itertools
import time
from pathlib import Path

import keras
import numpy as np

from stylekit import filters, images, metrics, plots
from stylekit.data import domains
from stylekit.errors import SettingError
from stylekit.methods.painter import TERMS, Painter
from stylekit.training.callbacks import Samples
from stylekit.training.trainer import Trainer

STEPS, CROP, BATCH = 800, 96, 4
FILTERS = ("stained_glass", "woodcut")  # two are learned well in three minutes; eight would be learned by halves
RAISED = 100.0  # a weight "raised" is this many times balanced: the most that training shows
PICTURE = 160  # px, short side of the demo's pictures
LEARNING_RATE = 2.5e-3


def demo(directory="runs/demo", steps=STEPS, seed=7):
    """Train on the embedded photographs and on paintings of them, then paint photographs that training never saw.

    directory: where demo.png, terms.png, painter.npz and the checkpoints go. steps: of training, >= 4. seed: of every
    random choice. Prints the scores and returns them: dict name -> number.
    """
    if steps < 4:
        raise SettingError(f"The demo shows every quarter of its training: wanted 4 steps or more, not {steps} steps.")
    directory = Path(directory)
    photos = domains.photos(size=192, split="train")
    paintings = domains.join([domains.filtered(photos, name, seed=seed) for name in FILTERS])
    photo, painting, answer = examples(photos, domains.photos(size=PICTURE, split="test"), seed)

    # towards the end in ever smaller steps: it settles where a constant rate would go on wandering
    falling = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE / 10, steps, alpha=0.05, warmup_target=LEARNING_RATE, warmup_steps=steps // 20
    )
    painter = Painter(learning_rate=falling, seed=seed)
    trainer = Trainer(painter, directory, seed=seed)
    samples = Samples(photo, painting, every=max(steps // 4, 1))
    untrained = painter(photo, painting)
    print(f"Training on {len(photos)} photos and {len(paintings)} paintings, {steps} steps of {BATCH} pairs.")
    started = time.perf_counter()
    history = trainer.fit(domains.Batches(photos, paintings, CROP, BATCH, seed=seed), steps, [samples])
    seconds = time.perf_counter() - started

    stages = dict(samples.pictures)
    columns = {
        "photo x": photo,
        "painting y": painting,
        "untrained": untrained,
        **{f"{share} %": stages[steps // 4 * share // 25] for share in (25, 50)},
        "100 %: G(x, y)": painter(photo, painting),
        **{f"{term} up": painter(photo, painting, **{term: RAISED}) for term in reversed(TERMS)},
        "known answer": answer,
    }
    rows = list(zip(*columns.values(), strict=True))
    plots.save(plots.pictures(rows, list(columns)), directory / "demo.png")
    plots.save(plots.terms(history), directory / "terms.png")
    painter.save(directory / "painter.npz")
    scores = {"seconds of training": seconds, **score(painter, photo, painting, answer)}
    for name, value in scores.items():
        print(f"{name:45s} {value:7.3f}")
    print(f"Look at {directory / 'demo.png'} and {directory / 'terms.png'}.")
    return scores


def examples(photos, tests, seed):
    """Every test photo with a painting of another photo by every painter, and the known answer: three (n, h, w, 3)."""
    rows = []
    for i, (test, name) in enumerate(itertools.product(tests, FILTERS)):
        photo, other = images.fit(test, PICTURE), images.fit(photos[i % len(photos)], PICTURE)
        rows.append((photo, filters.render(other, name, seed=seed + 1), filters.render(photo, name, seed=seed)))
    return (np.stack(column) for column in zip(*rows, strict=True))


def score(painter, photo, painting, answer):
    """How good G's pictures are, as means over all examples: dict name -> number."""
    extractor, generated = painter.feature_extractor, painter(photo, painting)
    returned = painter(photo, painting, content=100.0)

    def mean(measure, *pictures):
        return float(np.mean(measure(*pictures)))

    return {
        "SSIM to the known answer: G(x, y)": mean(metrics.ssim, generated, answer),
        "SSIM to the known answer: the photo itself": mean(metrics.ssim, photo, answer),
        "style distance to y: G(x, y)": mean(metrics.style_distance, extractor, generated, painting),
        "style distance to y: the photo itself": mean(metrics.style_distance, extractor, photo, painting),
        "content distance to x: G(x, y)": mean(metrics.content_distance, extractor, generated, photo),
        "content distance to x: the painting y": mean(metrics.content_distance, extractor, painting, photo),
        "SSIM to the photo, content weight at its end": mean(metrics.ssim, returned, photo),
    }
