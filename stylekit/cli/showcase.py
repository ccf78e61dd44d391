"""What `stylekit demo` does: train a painter on real photos, and show in one picture what it learned."""

import itertools
import time
from pathlib import Path

import keras
import numpy as np

from stylekit import filters, images, metrics, plots
from stylekit.data import domains
from stylekit.data.batches import Batches
from stylekit.errors import SettingError
from stylekit.methods.painter import TERMS, Painter
from stylekit.training.callbacks import Samples
from stylekit.training.trainer import Trainer

STEPS, CROP, BATCH = 800, 96, 4
FILTERS = ("stained_glass", "woodcut")  # G learns two filters well in three minutes; of eight it learns each by half
RAISED = 100.0  # a weight that is "up" is so many times balanced, the most that training shows
PICTURE = 160  # px, short side of the demo's pictures
LEARNING_RATE = 2.5e-3


def showcase(directory="runs/demo", steps=STEPS, seed=7):
    """Train on the embedded photographs and paintings of them, then paint photographs that training never saw.

    Args:
        directory: where demo.png, terms.png, painter.npz and the checkpoints go.
        steps: how many training steps, an int >= 4.
        seed: decides every random choice, an int >= 0.

    Returns:
        The scores that are printed, dict name -> float.

    Raises:
        SettingError: for fewer than 4 steps.
    """
    if steps < 4:
        raise SettingError(f"The demo shows every quarter of its training: wanted 4 steps or more, not {steps} steps.")
    directory = Path(directory)
    photos = domains.photos(size=192, split="train")
    paintings = domains.join([domains.filtered(photos, name, seed=seed) for name in FILTERS])
    photo, painting, answer = examples(photos, domains.photos(size=PICTURE, split="test"), seed)

    # The rate falls towards the end, so that G settles; with a constant rate it keeps moving.
    falling = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE / 10, steps, alpha=0.05, warmup_target=LEARNING_RATE, warmup_steps=steps // 20
    )
    painter = Painter(learning_rate=falling, seed=seed)
    trainer = Trainer(painter, directory, seed=seed)
    samples = Samples(photo, painting, every=max(steps // 4, 1))
    untrained = painter(photo, painting)
    print(f"Training on {len(photos)} photos and {len(paintings)} paintings, {steps} steps of {BATCH} pairs.")
    started = time.perf_counter()
    batches = Batches(photos, paintings, CROP, BATCH, seed=seed)
    history = trainer.fit(batches, steps=steps, callbacks=[samples])
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
    """Make the demo's examples: each test photo with a painting by each filter.

    Args:
        photos: a sequence of (h, w, 3) in [-1, 1]. The paintings y show these scenes.
        tests: the same; the photos x.
        seed: of the filters, an int.

    Returns:
        Three arrays (n, PICTURE, PICTURE, 3): photos x, paintings y of other scenes, and the known answers, which are x
        by the filter of y. n = len(tests) * len(FILTERS).
    """
    rows = []
    for i, (test, name) in enumerate(itertools.product(tests, FILTERS)):
        photo, other = images.fit(test, PICTURE), images.fit(photos[i % len(photos)], PICTURE)
        rows.append((photo, filters.render(other, name, seed=seed + 1), filters.render(photo, name, seed=seed)))
    return [np.stack(column) for column in zip(*rows, strict=True)]


def score(painter, photo, painting, answer):
    """Measure how good G's pictures are.

    Args:
        painter: a `Painter`.
        photo, painting, answer: (n, h, w, 3) in [-1, 1], as from `examples`.

    Returns:
        dict name -> float, each the mean over all examples.
    """
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
