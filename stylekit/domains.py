"""Where pictures come from, and how they become batches.

A domain is a set of pictures of one kind: photos, paintings, the learner's own folder. `Pairs` draws batches of
(photo, painting) from two domains.
"""

import warnings
import zlib
from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from stylekit import images
from stylekit.errors import DataError, ImageError, SettingError

SPLITS = ("train", "test", "all")
# Whole photos are kept apart, because crops of one photo in both sets would make the score on the test set a lie.
# The test set has an animal and a still life; training keeps the only person, building, plant, machine and night sky.
# Left out: the retina and the Hubble deep field, of which most crops are one flat colour.
TRAIN_PHOTOS = ("astronaut", "china", "flower", "motorcycle", "rocket", "tissue")
TEST_PHOTOS = ("cat", "coffee")


class Domain(Sequence):
    """Pictures of one kind.

    >>> domain = Domain("cats", pictures=[picture, other], names=["tom", "felix"])
    >>> domain[0].shape
    (128, 192, 3)

    name: what the pictures are. pictures: any iterable of (h, w, 3) float32 in [-1, 1]; their sizes may differ.
    names: one string for each picture; numbers if left out. Kept as 8 bits a value, a quarter of float32's memory.
    `domain[i]` and `domain.pictures` give float32 in [-1, 1], `domain[:3]` a smaller domain.
    Raises ImageError for a wrong picture, DataError if names and pictures differ in number.
    """

    def __init__(self, name, pictures, names=None):
        self.name = name
        self._pixels = [images.to_uint8(_single(picture)) for picture in pictures]
        self.names = [str(i) for i in range(len(self._pixels))] if names is None else list(names)
        if len(self.names) != len(self._pixels):
            raise DataError(
                f"The domain {name!r} has {len(self._pixels)} pictures and {len(self.names)} names: wanted one name "
                "for each picture."
            )

    def __len__(self):
        return len(self._pixels)

    def __getitem__(self, index):
        if isinstance(index, slice):
            part = Domain(self.name, [])
            part._pixels, part.names = self._pixels[index], self.names[index]
            return part
        return images.from_uint8(self._pixels[index])

    def __repr__(self):
        shown = ", ".join(self.names[:8]) + (", ..." if len(self) > 8 else "")
        return f"<Domain {self.name!r}: {len(self)} pictures: {shown}>"

    @property
    def pictures(self):
        """All pictures, a list of (h, w, 3) float32 in [-1, 1]."""
        return list(self)

    @property
    def shapes(self):
        """(height, width) of every picture, px."""
        return [pixels.shape[:2] for pixels in self._pixels]


def photos(size=128, split="train"):
    """Real photographs that scikit-image and scikit-learn carry in their packages: nothing is downloaded.

    size: short side in px; the photos' own are 300 to 512. split: "train", "test" or "all", whole photos apart.
    Returns a Domain.
    """
    names = {"train": TRAIN_PHOTOS, "test": TEST_PHOTOS, "all": TRAIN_PHOTOS + TEST_PHOTOS}[_split(split)]
    return Domain("photos", (images.resize(images.from_uint8(_photograph(name)), size) for name in names), names)


def _photograph(name):
    """(h, w, 3) uint8. Imported here, because only these photos need scikit-learn, which takes a second to load."""
    from skimage import data

    if name in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        return load_sample_image(f"{name}.jpg")
    if name == "motorcycle":
        return data.stereo_motorcycle()[0]
    return data.immunohistochemistry() if name == "tissue" else getattr(data, name)()


def painted(domain, painter="brush", seed=0):
    """The same pictures, each painted by a classical painter: the known right answer, in the same order.

    painter: a name in `stylekit.painters.PAINTERS`. seed: picture i is painted with seed + i.
    Returns a Domain with the names and shapes of `domain`.
    """
    from stylekit.painters import paint

    return Domain(
        f"{domain.name} by {painter}",
        (paint(picture, painter, seed=seed + i) for i, picture in enumerate(domain)),
        domain.names,
    )


def join(domains, name=None):
    """The pictures of several domains as one. name: of the whole; theirs, joined, if left out. Returns a Domain."""
    domains = list(domains)
    return Domain(
        name or " and ".join(domain.name for domain in domains),
        (picture for domain in domains for picture in domain),
        [picture_name for domain in domains for picture_name in domain.names],
    )


def folder(path, size=256, split="all"):
    """The images in a folder of the user's, and in the folders inside it.

    size: short side in px. split: "train", "test" (one file in five, chosen by its name, so that a file stays in its
    set when others come and go) or "all". Files that cannot be used are skipped and named in one warning.
    Returns a Domain named after the folder; 1000 pictures take about 0.3 GB at 256 px.
    Raises DataError if there is no such folder, or no usable image in it.
    """
    _split(split)
    paths = [image for image in images.find(path) if split in ("all", _split_of(image.name))]
    pictures, names, broken = [], [], {}
    for image in paths:
        name = image.relative_to(path).as_posix()
        try:
            pictures.append(images.to_uint8(images.read(image, size)))
            names.append(name)
        except ImageError as error:
            broken[name] = error
    if not pictures:
        raise DataError(_nothing_usable(path, split, paths, broken))
    if broken:
        shown = ", ".join(list(broken)[:20]) + (f" and {len(broken) - 20} more" if len(broken) > 20 else "")
        first = next(iter(broken.values()))
        warnings.warn(f"Skipped {len(broken)} of {len(paths)} images in {path}: {shown}. {first}", stacklevel=2)
    # handed over one by one as float32: all at once would take four times the memory
    return Domain(PurePath(path).name or str(path), map(images.from_uint8, pictures), names)


def _split_of(name):
    return "test" if zlib.crc32(name.encode("utf-8", "surrogateescape")) % 5 == 0 else "train"


def _nothing_usable(path, split, paths, broken):
    if broken:
        return f"None of the {len(broken)} images in {path} can be used. {next(iter(broken.values()))}"
    if split != "all" and images.find(path):
        return f"No image in {path} falls into the {split} set: add more images, or use split='all'."
    return f"There is no image in {path}: wanted files that end in {', '.join(images.READABLE)}."


class Pairs:
    """Endless batches of (photo, painting).

    >>> pairs = Pairs(photos(), painted(photos(), "brush"), crop=96, batch=6, seed=7)
    >>> for x, y in pairs.batches().take(400): ...

    crop: side of the square pictures, px. batch: pictures in a batch. seed: decides order, crops and flips.
    paired=False: photos and paintings are drawn independently; each epoch of a domain shows every picture once, in a
    new order. paired=True: y is the known answer to x, from the same place, flipped the same way.
    A crop shows between half and the whole of the picture's short side, never enlarged unless the picture itself is
    smaller than `crop`.
    Raises DataError for an empty domain, or if paired domains do not match; SettingError for a wrong number.
    """

    def __init__(self, photos, paintings, crop=96, batch=6, paired=False, seed=0):
        for domain in (photos, paintings):
            if len(domain) == 0:
                raise DataError(f"The domain {domain.name!r} has no pictures: wanted at least one.")
        if paired:
            _check_match(photos, paintings)
        self.photos, self.paintings, self.paired = photos, paintings, paired
        self.crop, self.batch = _whole("crop", crop, 1), _whole("batch", batch, 1)
        self.seed = _whole("seed", seed, 0)
        self._stores = [_Store(photos, self.crop), _Store(paintings, self.crop)]

    def batches(self, start=0):
        """A tf.data.Dataset of (x, y), each (batch, crop, crop, 3) float32 in [-1, 1], from batch `start` on.

        Batch n depends on the seed and n alone: a run stopped after k batches goes on exactly with batches(start=k).
        """
        import tensorflow as tf

        samples = tf.data.Dataset.range(_whole("start", start, 0) * self.batch, tf.int64.max)
        pairs = samples.map(self._pair, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return pairs.batch(self.batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE)

    def _pair(self, number):
        """Sample `number` of the endless row: (x, y), each (crop, crop, 3)."""
        photo_draws = (self.seed, 0)
        painting_draws = photo_draws if self.paired else (self.seed, 1)
        photo_store, painting_store = self._stores
        return photo_store.sample(number, photo_draws), painting_store.sample(number, painting_draws)


class _Store:
    """The pictures of a domain as tensors that a compiled pipeline can pick from.

    One after the other in one flat row of bytes: so sizes may differ, and the row stays outside the graph, which may
    not grow beyond 2 GB.
    """

    def __init__(self, domain, crop):
        import tensorflow as tf

        pictures = [self._pixels(picture, crop) for picture in domain]
        with tf.device("CPU:0"):  # the pipeline runs there, whatever trains elsewhere
            self.pixels = tf.constant(np.concatenate([picture.ravel() for picture in pictures]))
            self.starts = tf.constant(np.cumsum([0] + [picture.size for picture in pictures[:-1]]), tf.int64)
            self.shapes = tf.constant([picture.shape for picture in pictures], tf.int64)
        self.count, self.crop = len(pictures), crop

    @staticmethod
    def _pixels(picture, crop):
        too_small = min(picture.shape[:2]) < crop
        return images.to_uint8(images.resize(picture, crop) if too_small else picture)

    def sample(self, number, seed):
        """Sample `number` drawn with seed, two whole numbers: (crop, crop, 3) float32 in [-1, 1]."""
        import tensorflow as tf

        fold_in = tf.random.experimental.stateless_fold_in
        epoch, place = number // self.count, number % self.count
        index = tf.random.experimental.index_shuffle(place, fold_in(seed, epoch), tf.cast(self.count - 1, tf.int64))
        draws = tf.random.stateless_uniform([4], fold_in(seed, number))
        return self._crop(self._picture(index), *tf.unstack(draws))

    def _picture(self, index):
        import tensorflow as tf

        start, shape = self.starts[index], self.shapes[index]
        pixels = self.pixels[start : start + tf.reduce_prod(shape)]
        return tf.ensure_shape(tf.reshape(pixels, shape), (None, None, 3))

    def _crop(self, picture, zoom, down, right, flip):
        """A square of the picture, chosen by four numbers in [0, 1)."""
        import tensorflow as tf

        height, width = tf.shape(picture)[0], tf.shape(picture)[1]
        longest = tf.minimum(height, width)
        shortest = tf.maximum(self.crop, longest // 2)
        side = shortest + _scaled(zoom, longest - shortest + 1)
        top, left = _scaled(down, height - side + 1), _scaled(right, width - side + 1)
        square = picture[top : top + side, left : left + side]
        square = tf.cond(flip < 0.5, lambda: square, lambda: tf.reverse(square, [1]))
        # area averaging neither aliases nor rings; the clip takes off its rounding error
        square = tf.image.resize(square, (self.crop, self.crop), "area")
        return tf.clip_by_value(square / 127.5 - 1.0, -1.0, 1.0)


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


def _single(picture):
    picture = images.check(picture)
    if picture.ndim != 3:
        raise ImageError(f"A domain holds pictures (h, w, 3): found one of shape {picture.shape}.")
    return picture


def _split(split):
    if split not in SPLITS:
        raise SettingError(f"The split is {split!r}: wanted one of {', '.join(SPLITS)}.")
    return split


def _whole(name, value, least):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value < 2**31:
        raise SettingError(f"The {name} is {value!r}: wanted a whole number from {least} on.")
    return int(value)
