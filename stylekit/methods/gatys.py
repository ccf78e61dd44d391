"""Pictures found by optimisation: no network learns, the pixels themselves move until a loss is small.

Slow, one picture at a time, and the clearest way to see what a loss wants. After Gatys et al. 2015 and 2016.
"""

import numpy as np
import tensorflow as tf
from keras import ops
from scipy.ndimage import gaussian_filter

from stylekit import images, metrics
from stylekit.errors import ImageError, SettingError, TrainingError
from stylekit.nn import losses
from stylekit.training.adam import Adam

SMOOTHNESS = 0.1  # weight of the total variation: without it F's strides leave a grid of single pixels
FAITHFUL = 0.3  # the same for a reconstruction, whose deeper maps leave more of the pixels open
CONTENT_DEPTH = 3  # a transfer keeps the maps of F from here on: finer ones would hold the photo's own surface


def minimise(loss, start, steps=200, learning_rate=0.05):
    """Move the pixels of a picture, by Adam, until a loss is small.

    Args:
        loss: Function of a tensor (1, h, w, 3) that returns (1,), written with keras.ops.
        start: Picture (h, w, 3) float in [-1, 1].
        steps: Number of steps, 0 or more.
        learning_rate: Of Adam, above 0.

    Returns:
        Picture (h, w, 3) float32 in [-1, 1], and the loss before each step, (steps,) float32.

    Raises:
        ImageError: The start is no picture.
        SettingError: A number makes no sense.
        TrainingError: The loss is no number any more.
    """
    start = images.check(start, "start")
    if start.ndim != 3:
        raise ImageError(f"Found a batch of shape {start.shape} to start from: wanted one picture (h, w, 3).")
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0:
        raise SettingError(f"Cannot take {steps!r} steps: wanted a whole number, 0 or more.")
    if not learning_rate > 0:
        raise SettingError(f"The learning rate is {learning_rate}: wanted a number above 0.")
    pixels = tf.Variable(start[None])
    optimizer = Adam(learning_rate, beta_2=0.99)
    optimizer.build([pixels])

    @tf.function(autograph=False)  # a loss for pictures has no if or while that depends on a tensor
    def step():
        with tf.GradientTape() as tape:
            value = ops.sum(loss(pixels))
        optimizer.apply(tape.gradient(value, [pixels]), [pixels])
        pixels.assign(ops.clip(pixels, -1.0, 1.0))  # no screen shows more than white
        return value

    history = np.array([float(step()) for _ in range(steps)], "float32")
    if not np.isfinite(history).all() or not np.isfinite(pixels.numpy()).all():
        raise TrainingError("The loss stopped being a number: try a lower learning rate, or look for a division by 0.")
    return pixels.numpy()[0], history


def smooth_noise(height, width, seed=0):
    """Soft random clouds around grey, a picture of nothing, from which an optimisation may start.

    Args:
        height: In px.
        width: In px.
        seed: Another one gives other clouds.

    Returns:
        Picture (height, width, 3) float32 in [-1, 1].
    """
    clouds = gaussian_filter(np.random.default_rng(seed).normal(size=(height, width, 3)), (4, 4, 0))
    return np.clip(0.3 * clouds / clouds.std(), -1, 1).astype("float32")


def reconstruct(photo, extractor, steps=300, seed=0):
    """Turn noise into a picture in which F sees what it sees in the photo: this shows all that F has kept of it.

    The loss is the content loss, relative to the size of the maps, and a little smoothness.

    Args:
        photo: (h, w, 3) float in [-1, 1].
        extractor: F, from `features.feature_extractor`, with the depths to look at.
        steps: Number of steps.
        seed: Decides the noise.

    Returns:
        Picture of the photo's size, and the loss before each step.

    Raises:
        As `minimise`.

    Mahendran and Vedaldi 2015.
    """
    photo = images.check(photo, "photo")
    seen = extractor(photo[None])

    def loss(picture):
        kept = metrics.relative_content_loss(extractor(picture), seen)
        return kept + FAITHFUL * losses.total_variation_loss(picture)

    return minimise(loss, smooth_noise(*photo.shape[:2], seed), steps)


def texture(painting, extractor, style_loss=losses.gram_style_loss, steps=300, seed=0):
    """Turn noise into a picture in a painting's style, by style loss alone.

    Args:
        painting: (h, w, 3) float in [-1, 1].
        extractor: F, from `features.feature_extractor`.
        style_loss: Function of two lists of maps.
        steps: Number of steps.
        seed: Decides the noise.

    Returns:
        Picture of the painting's size, and the loss before each step.

    Raises:
        As `minimise`.

    Gatys et al. 2015.
    """
    painting = images.check(painting, "painting")
    wanted = [painting[None], *extractor(painting[None])]

    def loss(picture):
        return style_loss([picture, *extractor(picture)], wanted) + SMOOTHNESS * losses.total_variation_loss(picture)

    return minimise(loss, smooth_noise(*painting.shape[:2], seed), steps)


def transfer(photo, painting, extractor, content=0.1, steps=200):
    """The photo in the painting's style, found for this one pair: the first neural style transfer.

    The optimisation starts at the photo.

    Args:
        photo: (h, w, 3) float in [-1, 1].
        painting: (h, w, 3) float in [-1, 1], of any size.
        extractor: F, from `features.feature_extractor`.
        content: Weight of the content loss, >= 0; the style loss has 1.
        steps: Number of steps.

    Returns:
        Picture of the photo's size, and the loss before each step.

    Raises:
        As `minimise`.

    Gatys et al. 2016, eq. 7.
    """
    photo, painting = images.check(photo, "photo"), images.check(painting, "painting")
    shown, wanted = extractor(photo[None])[CONTENT_DEPTH:], [painting[None], *extractor(painting[None])]

    def loss(picture):
        maps = extractor(picture)
        style = losses.gram_style_loss([picture, *maps], wanted)
        kept = losses.content_loss(maps[CONTENT_DEPTH:], shown)
        return style + content * kept + SMOOTHNESS * losses.total_variation_loss(picture)

    return minimise(loss, photo, steps, learning_rate=0.03)
