"""Digits as two domains: house numbers of any colour in any light, and watercolours.

scikit-learn carries 1797 handwritten digits of 8 x 8 grey values. Here they become pictures of 32 x 32 px. Nothing is
downloaded.
"""

import itertools

import numpy as np
import tensorflow as tf
from scipy import ndimage
from sklearn.datasets import load_digits

from stylekit.data.batches import untuned
from stylekit.data.domains import Domain
from stylekit.errors import DataError, SettingError
from stylekit.filters import render
from stylekit.filters.ground import LUMINANCE

SIDE = 32  # px
# no digit is in two parts: training sees each one either as a photo or as a painting
PARTS = {"source": slice(0, 1000), "target": slice(1000, 1400), "test": slice(1400, None)}
DARKER = 0.2  # the number's luminance is lower than its wall's by more than this
SHEET, INK = np.array([0.95, 0.85, 0.6]), np.array([0.1, 0.2, 0.55])


def photos(part="source", copies=1, seed=0):
    """House numbers: dark digits on lighter walls of any colour, lit from any side, a little turned and moved.

    Args:
        part: "source" (1000 digits), "target" (400) or "test" (397).
        copies: photos of each digit, each with other colours.
        seed: whole number >= 0; it decides colours and light.

    Returns:
        A Domain of (32, 32, 3) pictures; `labels` tells which digits they show.

    Raises:
        SettingError: for an unknown part.
    """
    strokes, names = _part(part, copies)
    draw = np.random.default_rng((seed, 1))
    wall, number = _colours(len(strokes), draw)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    slope = draw.uniform(-0.3, 0.3, (2, len(strokes), 1, 1))
    light = 1 + slope[0] * y + slope[1] * x
    pictures = (wall + (number - wall) * strokes) * light[..., None] + draw.normal(0, 0.015, (*light.shape, 3))
    return Domain("house numbers", 2 * np.clip(pictures, 0, 1).astype("float32") - 1, names)


def paintings(part="target", copies=1, name="watercolour", seed=0):
    """Blue digits on a light sheet, painted by a filter.

    Args:
        part, copies: as for `photos`; the digits are the same, in the same order and at the same place, so that these
            pictures are the known answers.
        name: a key of `stylekit.filters.FILTERS`.
        seed: whole number >= 0; digit i is painted with seed + i.

    Returns:
        A Domain of (32, 32, 3) pictures.

    Raises:
        SettingError: for an unknown part or filter.
    """
    strokes, names = _part(part, copies)
    scenes = (2 * (SHEET + (INK - SHEET) * strokes) - 1).astype("float32")
    return Domain(f"digits by {name}", (render(scene, name, seed + i) for i, scene in enumerate(scenes)), names)


def labels(domain):
    """Tell which digits the pictures of a domain show.

    Args:
        domain: a Domain that `photos` or `paintings` made.

    Returns:
        (n,) int array, 0 to 9.

    Raises:
        DataError: for another domain.
    """
    digits = [name.split("-")[0] for name in domain.names]
    if not all(len(digit) == 1 and digit in "0123456789" for digit in digits):
        raise DataError(
            f"The domain {domain.name!r} has names without a digit in front: wanted digits.photos() or "
            "digits.paintings()."
        )
    return np.array(digits, int)


class Batches:
    """Endless batches (x, y), drawn independently from two domains of pictures of one size.

    What `stylekit.Batches` is for photos; but nothing is cut, and nothing is mirrored, because a mirrored 2 is no 2.

    Args:
        photos, paintings: Domains; all pictures of a domain have one size.
        batch_size: pictures of each domain in a batch.
        seed: whole number >= 0; together with a batch's number it decides what the batch holds.
    """

    def __init__(self, photos, paintings, batch_size=32, seed=0):
        self.domains = [np.stack(domain) for domain in (photos, paintings)]
        self.batch_size, self.seed = batch_size, seed

    def dataset(self, start=0):
        """The batches as a `tf.data.Dataset` without end, for Keras' `fit` (with steps_per_epoch) and for any loop.

        Args:
            start: number of the first batch, >= 0.

        Returns:
            A Dataset of (x, y), each (batch_size, h, w, 3) float32 in [-1, 1].
        """
        signature = tuple(tf.TensorSpec((self.batch_size, *domain.shape[1:])) for domain in self.domains)
        drawn = tf.data.Dataset.from_generator(
            lambda: map(self._drawn, itertools.count(start)), output_signature=signature
        )
        endless = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)  # a generator does not tell
        return untuned(drawn.apply(endless).prefetch(2))

    def rows(self, start=0):
        """The same batches as `dataset(start)`, one after the other, from a Python iterator."""
        return iter(self.dataset(start))

    def _drawn(self, number):
        """Batch `number`: (x, y)."""
        draw = np.random.default_rng((self.seed, number))
        return tuple(domain[draw.integers(len(domain), size=self.batch_size)] for domain in self.domains)


def _part(part, copies):
    """Strokes (n, 32, 32, 1), from 0 (no stroke) to 1 (the middle of a stroke), and names such as "7-0123"."""
    if part not in PARTS:
        raise SettingError(f"The part is {part!r}: wanted one of {', '.join(PARTS)}.")
    values, numbers = load_digits(return_X_y=True)
    chosen = np.tile(np.random.default_rng(0).permutation(len(values))[PARTS[part]], copies)
    draw = np.random.default_rng(1)
    strokes = np.stack([_enlarged(values[i].reshape(8, 8) / 16, draw) for i in chosen])
    return np.clip((strokes - 0.2) / 0.4, 0, 1)[..., None], [f"{numbers[i]}-{i:04d}" for i in chosen]


def _enlarged(digit, draw):
    """A digit (8, 8) as (32, 32), a little turned, moved and stretched."""
    turn, stretch = draw.uniform(-0.15, 0.15), draw.uniform(0.9, 1.1)
    centre = (SIDE - 1) / 2 + draw.uniform(-1.5, 1.5, 2)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * 10 / SIDE / stretch
    return ndimage.affine_transform(digit, matrix, 3.5 - matrix @ centre, (SIDE, SIDE), order=3)


def _colours(count, draw):
    """Colours (wall, number) for `count` pictures, (2, count, 1, 1, 3) in [0, 1]; the number is the darker."""
    pairs = draw.uniform(0, 1, (20 * count + 100, 2, 3))
    wall, number = (pairs @ LUMINANCE).T
    return pairs[wall - number > DARKER][:count].transpose(1, 0, 2)[:, :, None, None]
