"""How pictures become batches: drawn in a new order each epoch, cut, flipped and, if wanted, varied."""

import os
import warnings
from functools import partial
from math import ceil
from pathlib import PurePath

import numpy as np

from stylekit import images
from stylekit.errors import DataError, ImageError, SettingError

# How far augmentation goes: what a painter could have done on another day, and the style is still his.
LARGEST_SCALE = 1.25  # enlarged further, a picture becomes soft
BRIGHTNESS, CONTRAST, SATURATION = 0.06, 0.15, 0.2  # shares of black to white; contrast and saturation 1 +- so much


class Batches:
    """Endless batches of (photo, painting).

    >>> pairs = Batches(photos(), painted(photos(), "brush"), crop=96, batch_size=6, seed=7)
    >>> for x, y in batches.dataset().take(400): ...

    crop: side of the square pictures, px. batch: pictures in a batch. seed: decides order, crops and flips.
    paired=False: photos and paintings are drawn independently; each epoch of a domain shows every picture once, in a
    new order. paired=True: y is the known answer to x, from the same place, flipped the same way.
    A crop shows between half and the whole of the picture's short side, never enlarged unless the picture itself is
    smaller than `crop`.
    augment=True: more variety from few pictures, or from a single one. A crop shows a third or more of the short side,
    enlarged up to 1.25 times, and brightness, contrast and saturation vary gently, alike for x and y where paired.
    A file of a lazy domain that turns out to be damaged or gone is named in one warning, and the next picture of the
    domain stands in for it; of paired domains, the next pair.
    Raises DataError for an empty domain, or if paired domains do not match; SettingError for a wrong number.
    """

    def __init__(self, photos, paintings, crop=96, batch_size=6, paired=False, seed=0, augment=False):
        for domain in (photos, paintings):
            if len(domain) == 0:
                raise DataError(f"The domain {domain.name!r} has no pictures: wanted at least one.")
        if paired:
            _check_match(photos, paintings)
        if not isinstance(augment, bool):
            raise SettingError(f"The augment is {augment!r}: wanted True or False.")
        self.photos, self.paintings, self.paired, self.augment = photos, paintings, paired, augment
        self.crop, self.batch_size = _whole("crop", crop, 1), _whole("batch size", batch_size, 1)
        self.seed = _whole("seed", seed, 0)
        store = _Store(photos, self.crop, augment)
        self._stores = [store, store if paintings is photos else _Store(paintings, self.crop, augment)]

    def dataset(self, start=0):
        """A tf.data.Dataset of (x, y), each (batch, crop, crop, 3) float32 in [-1, 1], from batch `start` on.

        Batch n depends on the seed and n alone: a run stopped after k batches goes on exactly with batches(start=k).
        From a lazy domain pictures are read while batches are drawn: ImageError once none of them can be read.
        """
        import tensorflow as tf

        samples = tf.data.Dataset.range(_whole("start", start, 0) * self.batch_size, tf.int64.max)
        batches = samples.map(self._pair, num_parallel_calls=os.cpu_count(), deterministic=True)
        batches = untuned(batches.batch(self.batch_size, drop_remainder=True).prefetch(2))
        return batches if all(store.kept for store in self._stores) else _Telling(batches, self._stores)

    def _pair(self, number):
        """Sample `number` of the endless row: (x, y), each (crop, crop, 3)."""
        photos, paintings = self._stores
        if self.paired:  # one draw for both
            return tuple(_sample([photos, paintings], number, (self.seed, 0)))
        return *_sample([photos], number, (self.seed, 0)), *_sample([paintings], number, (self.seed, 1))


def untuned(dataset):
    """The tf.data.Dataset, without the thread that tunes it.

    That thread sleeps for longer and longer, up to a minute, and whoever drops an iterator may wait until it wakes up:
    every other training ended with a pause of up to its own length (TensorFlow 2.21; benchmarks/pipeline.py shows it).
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


class _Telling:
    """A tf.data.Dataset of pictures from files that says in one sentence why none of them could be read.

    So does what `take` gives; everything else is the dataset's own.
    """

    def __init__(self, dataset, stores):
        self._dataset, self._stores = dataset, stores

    def __iter__(self):
        import tensorflow as tf

        for store in self._stores:
            store.failure = None
        told = None
        try:
            yield from self._dataset
        except tf.errors.OpError:
            told = next((str(store.failure) for store in self._stores if store.failure), None)
            if told is None:
                raise
        # Raised here, where nothing holds the failed iterator any more. Left to the garbage collector, it could fall
        # to one of its own reading threads, which would then wait for itself, and nothing be collected ever after.
        if told:
            raise ImageError(told)

    def take(self, count):
        return _Telling(self._dataset.take(count), self._stores)

    def __getattr__(self, name):
        return getattr(self._dataset, name)


class _Store:
    """The pictures of a domain, so that a compiled pipeline can pick from them."""

    def __init__(self, domain, crop, augment):
        self.count, self.crop, self.augment = len(domain), crop, augment
        # the smallest crop: its side in px, and the share of the short side that it shows at least
        self.smallest, self.parts = (ceil(crop / LARGEST_SCALE), 3) if augment else (crop, 2)
        self.filter = "bilinear" if augment else "area"  # what area enlarges becomes blocks
        self.name, self.pixels, self.skipped, self.failure = domain.name, domain.pixels, {}, None
        self.kept = all(isinstance(pixels, np.ndarray) for pixels in domain.pixels)
        if self.kept:
            self._keep()

    def _keep(self):
        """One after the other in one flat row of bytes: so sizes may differ, and the row stays outside the graph,
        which may not grow beyond 2 GB.
        """
        import tensorflow as tf

        pixels = [_at_least(self.crop, pixels) for pixels in self.pixels]
        with tf.device("CPU:0"):  # the pipeline runs there, whatever trains elsewhere
            self.row = tf.constant(np.concatenate([array.ravel() for array in pixels]))
            self.starts = tf.constant(np.cumsum([0] + [array.size for array in pixels[:-1]]), tf.int64)
            self.shapes = tf.constant([array.shape for array in pixels], tf.int64)

    def slice(self, index):
        """Picture `index` out of the row, (h, w, 3) uint8."""
        import tensorflow as tf

        start, shape = self.starts[index], self.shapes[index]
        return tf.reshape(self.row[start : start + tf.reduce_prod(shape)], shape)

    def read(self, index):
        """Picture `index`, (h, w, 3) uint8. ImageError, and the first time a warning, if its file cannot be read."""
        try:
            return _at_least(self.crop, np.asarray(self.pixels[index]))
        except ImageError as error:
            if self.skipped.setdefault(int(index), error) is error:
                warnings.warn(f"Skipped one of {self.count} images in {self.name}. {error}", stacklevel=2)
            raise

    def cut(self, picture, draws, seed):
        """A square of the picture, (crop, crop, 3) float32 in [-1, 1], as four numbers and a seed decide."""
        import tensorflow as tf

        square = self._crop(picture, *tf.unstack(draws))
        return _in_another_light(square, seed) if self.augment else square

    def _crop(self, picture, zoom, down, right, flip):
        """A square of the picture, chosen by four numbers in [0, 1)."""
        import tensorflow as tf

        height, width = tf.shape(picture)[0], tf.shape(picture)[1]
        longest = tf.minimum(height, width)
        shortest = tf.maximum(self.smallest, longest // self.parts)
        side = shortest + _scaled(zoom, longest - shortest + 1)
        top, left = _scaled(down, height - side + 1), _scaled(right, width - side + 1)
        square = picture[top : top + side, left : left + side]
        square = tf.cond(flip < 0.5, lambda: square, lambda: tf.reverse(square, [1]))
        # area averaging neither aliases nor rings; the clip takes off its rounding error
        square = tf.image.resize(square, (self.crop, self.crop), self.filter, antialias=True)
        return tf.clip_by_value(square / 127.5 - 1.0, -1.0, 1.0)


def _sample(stores, number, seed):
    """Sample `number` of stores that match, drawn with seed, two whole numbers: from each of them a square.

    All are cut from the same place. Returns a list of (crop, crop, 3) float32 in [-1, 1].
    """
    import tensorflow as tf

    fold_in, count = tf.random.experimental.stateless_fold_in, stores[0].count
    epoch, place = number // count, number % count
    index = tf.random.experimental.index_shuffle(place, fold_in(seed, epoch), tf.cast(count - 1, tf.int64))
    seed = fold_in(seed, number)
    draws = tf.random.stateless_uniform([4], seed)
    if all(store.kept for store in stores):
        pictures = [store.slice(index) for store in stores]
    else:
        pictures = tf.numpy_function(partial(_read, stores), [index], [tf.uint8] * len(stores))
    pictures = [tf.ensure_shape(picture, (None, None, 3)) for picture in pictures]
    return [store.cut(picture, draws, fold_in(seed, 1)) for store, picture in zip(stores, pictures, strict=True)]


def _read(stores, index):
    """Picture `index` of each store, or the next one after it that can be read from all of them."""
    for place in (np.arange(stores[0].count) + index) % stores[0].count:
        try:
            return [store.read(place) for store in stores]
        except ImageError as error:
            failure = error
    stores[0].failure = failure  # TensorFlow would bury it under its own words
    return [np.zeros((0, 0, 3), "uint8")] * len(stores)  # which no crop can be cut from: that ends the pipeline


def _in_another_light(square, seed):
    """The same square, a little brighter or darker, harder or softer, stronger or paler in its colours.

    square: (h, w, 3) in [-1, 1]. seed: two whole numbers. Returns the same kind.
    """
    import tensorflow as tf

    seeds = [tf.random.experimental.stateless_fold_in(seed, i) for i in range(3)]
    square = (square + 1.0) / 2.0
    square = tf.image.stateless_random_saturation(square, 1 - SATURATION, 1 + SATURATION, seeds[0])
    square = tf.image.stateless_random_contrast(square, 1 - CONTRAST, 1 + CONTRAST, seeds[1])
    square = tf.image.stateless_random_brightness(square, BRIGHTNESS, seeds[2])
    return tf.clip_by_value(square * 2.0 - 1.0, -1.0, 1.0)


def _at_least(side, pixels):
    """Pixels (h, w, 3) uint8, enlarged if their short side is below `side` px."""
    if min(pixels.shape[:2]) >= side:
        return pixels
    return images.to_uint8(images.resize(images.from_uint8(pixels), side))


def _scaled(draw, count):
    """A number in [0, 1) as a whole number in 0 ... count - 1."""
    import tensorflow as tf

    return tf.minimum(tf.cast(draw * tf.cast(count, tf.float32), tf.int32), count - 1)


def _check_match(photos, paintings):
    if len(photos) != len(paintings):
        raise DataError(
            f"Paired training wants one painting for each photo: found {len(photos)} photos and {len(paintings)} "
            "paintings."
        )
    for photo, painting, shape, other in zip(
        photos.names, paintings.names, photos.shapes, paintings.shapes, strict=True
    ):
        if PurePath(photo).with_suffix("") != PurePath(painting).with_suffix(""):
            raise DataError(
                f"Paired training wants photo and painting in the same order: found the photo {photo!r} with the "
                f"painting {painting!r}, so give both the same file name."
            )
        if shape != other:
            raise DataError(
                f"Paired training wants photo and painting of one size: {photo!r} is {shape[1]} x {shape[0]} px and "
                f"its painting {other[1]} x {other[0]} px."
            )


def _whole(name, value, least):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value < 2**31:
        raise SettingError(f"The {name} is {value!r}: wanted a whole number from {least} on.")
    return int(value)
