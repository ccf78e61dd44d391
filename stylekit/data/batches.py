"""How pictures become batches: drawn in a new order in each epoch, cut, flipped and, if wanted, varied."""

import os
import warnings
from functools import partial
from pathlib import PurePath

import numpy as np
import tensorflow as tf

from stylekit import images
from stylekit.data.cropping import change_light, random_square
from stylekit.errors import DataError, ImageError, SettingError


class Batches:
    """Endless batches (x, y) of square crops: x from the photos, y from the paintings.

    >>> batches = Batches(photos(), filtered(photos(), "brush"), crop=96, batch_size=6, seed=7)
    >>> for x, y in batches.dataset().take(400): ...

    In each epoch of a domain every picture is shown once, in a new order. A crop shows between half and all of the
    picture's short side, and is mirrored one time in two. It is enlarged only if the picture is smaller than `crop`.

    If a file of a lazy domain is damaged or gone, one warning names it, and the next picture of the domain takes its
    place; if the domains are paired, the next pair does.

    Args:
        photos, paintings: Domains with at least one picture each.
        crop: side of the square crops, px.
        batch_size: crops of each domain in a batch.
        paired: False draws x and y independently. True takes y as the known answer to x: picture i of one domain
            belongs to picture i of the other, and both are cut from the same place and mirrored alike.
        seed: whole number >= 0; it decides order, crops and flips.
        augment: True for more variety from few pictures, or from a single one: a crop shows a third or more of the
            short side, is enlarged up to 1.25 times, and its brightness, contrast and saturation vary a little, alike
            for x and y where they are paired.

    Raises:
        DataError: for an empty domain, or paired domains that do not match.
        SettingError: for a wrong number.
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
        self.crop, self.batch_size = _whole("crop", crop, 1), _whole("batch_size", batch_size, 1)
        self.seed = _whole("seed", seed, 0)
        store = _Store(photos, self.crop)
        self._stores = [store, store if paintings is photos else _Store(paintings, self.crop)]

    def dataset(self, start=0):
        """The batches as a `tf.data.Dataset` without end, for Keras' `fit` (with steps_per_epoch) and for any loop.

        Batch n depends on the seed and on n alone: a training that stopped after k batches continues exactly with
        `dataset(start=k)`.

        Args:
            start: number of the first batch, >= 0.

        Returns:
            A Dataset of (x, y), each (batch_size, crop, crop, 3) float32 in [-1, 1]. The pictures of a lazy domain are
            read while batches are drawn; if none of them can be read any more, TensorFlow's error holds the reason
            (`rows` raises an ImageError instead).

        Raises:
            SettingError: for a wrong start.
        """
        samples = tf.data.Dataset.counter(_whole("start", start, 0) * self.batch_size)
        samples = samples.map(self.sample, num_parallel_calls=os.cpu_count(), deterministic=True)
        return untuned(samples.batch(self.batch_size, drop_remainder=True).prefetch(2))

    def rows(self, start=0):
        """The same batches as `dataset(start)`, one after the other, from a Python generator.

        Args:
            start: number of the first batch, >= 0.

        Yields:
            (x, y), each (batch_size, crop, crop, 3) float32 tensors in [-1, 1].

        Raises:
            ImageError: if no file of a lazy domain can be read any more.
            SettingError: for a wrong start.
        """
        for store in self._stores:
            store.failure = None
        failure = None
        try:
            yield from self.dataset(start)
        except tf.errors.OpError:
            failure = next((store.failure for store in self._stores if store.failure), None)
            if failure is None:
                raise
        # It is raised here, where nothing holds the failed iterator any more. If the iterator were left to the garbage
        # collector, one of its own reading threads might have to delete it: that thread would wait for itself, and
        # nothing would be collected ever after.
        raise ImageError(failure)

    def sample(self, number):
        """One sample of the endless row, as `dataset` computes it.

        Args:
            number: scalar int64 tensor >= 0; batch n holds the samples n * batch_size to (n + 1) * batch_size - 1.

        Returns:
            (x, y), each a (crop, crop, 3) float32 tensor in [-1, 1].
        """
        photos, paintings = self._stores
        if self.paired:  # one draw for both
            return tuple(self._squares([photos, paintings], number, (self.seed, 0)))
        return *self._squares([photos], number, (self.seed, 0)), *self._squares([paintings], number, (self.seed, 1))

    def _squares(self, stores, number, seed):
        """Sample `number` of stores that match, drawn with a seed of two whole numbers: one square from each store."""
        fold_in, count = tf.random.experimental.stateless_fold_in, stores[0].count
        epoch, place = number // count, number % count
        index = tf.random.experimental.index_shuffle(place, fold_in(seed, epoch), tf.cast(count - 1, tf.int64))
        seed = fold_in(seed, number)
        draws = tf.unstack(tf.random.stateless_uniform([4], seed))
        squares = [random_square(picture, *draws, self.crop, self.augment) for picture in _pictures(stores, index)]
        return [change_light(square, fold_in(seed, 1)) for square in squares] if self.augment else squares


def untuned(dataset):
    """Turn off the thread by which tf.data tunes a dataset.

    That thread sleeps for longer and longer, up to a minute, and dropping an iterator may wait until it wakes up:
    every second training ended with a pause of up to its own length (TensorFlow 2.21; benchmarks/pipeline.py shows it).

    Args:
        dataset: a tf.data.Dataset.

    Returns:
        The same Dataset with other options.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


class _Store:
    """The pictures of a domain, in a form from which a compiled pipeline can pick them."""

    def __init__(self, domain, crop):
        self.name, self.pixels, self.count, self.crop = domain.name, domain.pixels, len(domain), crop
        self.skipped, self.failure = {}, None
        self.kept = all(isinstance(pixels, np.ndarray) for pixels in domain.pixels)
        if self.kept:
            self._keep()

    def _keep(self):
        """Put all pictures into one flat row of bytes.

        Their sizes may differ so, and the row stays outside of the graph, which may not grow beyond 2 GB.
        """
        pixels = [_at_least(self.crop, pixels) for pixels in self.pixels]
        with tf.device("CPU:0"):  # the pipeline runs there, whatever device trains
            self.row = tf.constant(np.concatenate([array.ravel() for array in pixels]))
            self.starts = tf.constant(np.cumsum([0] + [array.size for array in pixels[:-1]]), tf.int64)
            self.shapes = tf.constant([array.shape for array in pixels], tf.int64)

    def slice(self, index):
        """Picture `index` out of the row, (h, w, 3) uint8."""
        start, shape = self.starts[index], self.shapes[index]
        return tf.reshape(self.row[start : start + tf.reduce_prod(shape)], shape)

    def read(self, index):
        """Picture `index`, (h, w, 3) uint8. If its file cannot be read: ImageError, and the first time a warning."""
        try:
            return _at_least(self.crop, np.asarray(self.pixels[index]))
        except ImageError as error:
            if self.skipped.setdefault(int(index), error) is error:
                warnings.warn(f"Skipped one of {self.count} images in {self.name}. {error}", stacklevel=2)
            raise


def _pictures(stores, index):
    """Picture `index` of each store, (h, w, 3) uint8 tensors."""
    if all(store.kept for store in stores):
        pictures = [store.slice(index) for store in stores]
    else:
        pictures = tf.numpy_function(partial(_read, stores), [index], [tf.uint8] * len(stores))
    return [tf.ensure_shape(picture, (None, None, 3)) for picture in pictures]


def _read(stores, index):
    """Picture `index` of each store, or the next one that can be read from all of them. ImageError if there is none."""
    for place in (np.arange(stores[0].count) + index) % stores[0].count:
        try:
            return [store.read(place) for store in stores]
        except ImageError as error:
            failure = str(error)
    stores[0].failure = failure  # TensorFlow hides it in a long error of its own
    raise ImageError(failure)  # a new one, because TensorFlow writes the whole history of the old one into its log


def _at_least(side, pixels):
    """Pixels (h, w, 3) uint8, enlarged if their short side is below `side` px."""
    if min(pixels.shape[:2]) >= side:
        return pixels
    return images.to_uint8(images.resize(images.from_uint8(pixels), side))


def _check_match(photos, paintings):
    """Raise DataError unless picture i of one domain can belong to picture i of the other, by its name and size."""
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
    """A setting as an int. Raises SettingError unless it is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value < 2**31:
        raise SettingError(f"The {name} is {value!r}: wanted a whole number from {least} on.")
    return int(value)
