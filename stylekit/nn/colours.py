"""A painting's colours on a photo, in closed form: one 3 x 3 matrix for each pair, and nothing to train.

Linear Monge-Kantorovich map, Pitie and Kokaram 2007. It is AdaIN on the pixels, with the whole covariance of red, green
and blue where AdaIN takes each channel's deviation alone.
"""

from keras import ops

FLATTEST = 0.05  # deviation, of 2: a photo with less contrast is not stretched as if it had none but noise
ITERATIONS = 20  # of Newton and Schulz; enough for colours that differ a million times less than they lie apart


def colour_map(photos, paintings):
    """Move the colours of photos to the mean and covariance of paintings' colours.

    x' = (x - mean_x) T + mean_y with T = Cx^(-1/2) (Cx^(1/2) Cy Cx^(1/2))^(1/2) Cx^(-1/2), clipped to [-1, 1]. Of all
    linear maps with the right covariance it moves the colours least.

    Args:
        photos: (batch, h, w, 3) float32 in [-1, 1].
        paintings: (batch, h', w', 3) float32 in [-1, 1].

    Returns:
        (batch, h, w, 3) float32 in [-1, 1]: the photos, in the paintings' colours.
    """
    return map_colours(photos, *colour_statistics(paintings))


def map_colours(photos, mean, covariance):
    """As `colour_map`, to colours that were measured before.

    Args:
        photos: (batch, h, w, 3) float32 in [-1, 1].
        mean: (batch, 1, 3) and covariance: (batch, 3, 3), from `colour_statistics` of the paintings.

    Returns:
        (batch, h, w, 3) float32 in [-1, 1].
    """
    own_mean, own_covariance = colour_statistics(photos)
    root, inverse_root = _square_roots(own_covariance)
    middle, _ = _square_roots(ops.matmul(ops.matmul(root, covariance), root))
    transform = ops.matmul(ops.matmul(inverse_root, middle), inverse_root)
    mapped = ops.matmul(_as_rows(photos) - own_mean, transform) + mean
    return ops.clip(ops.reshape(mapped, ops.shape(photos)), -1.0, 1.0)


def colour_statistics(pictures):
    """Mean and covariance of the colours of each picture.

    Args:
        pictures: (batch, h, w, 3) float32 in [-1, 1].

    Returns:
        Mean (batch, 1, 3) and covariance (batch, 3, 3), float32. A small multiple of the identity is added to the
        covariance, so that it can be inverted for a picture of one colour.
    """
    rows = _as_rows(pictures)
    mean = ops.mean(rows, axis=1, keepdims=True)
    apart = rows - mean
    covariance = ops.matmul(ops.transpose(apart, (0, 2, 1)), apart) / ops.cast(ops.shape(rows)[1], "float32")
    return mean, covariance + FLATTEST**2 * ops.eye(3)


def _as_rows(pictures):
    """(batch, h, w, 3) -> (batch, h * w, 3)."""
    batch, height, width, channels = ops.shape(pictures)
    return ops.reshape(pictures, (batch, height * width, channels))


def _square_roots(matrices):
    """A^(1/2) and A^(-1/2) of symmetric positive matrices (batch, 3, 3), by the coupled Newton-Schulz iteration.

    It needs products alone, so every backend and every export format can do it. Higham 2008, eq. 6.35.
    """
    size = ops.sqrt(ops.sum(ops.square(matrices), axis=(1, 2), keepdims=True))
    root, inverse_root = matrices / size, ops.zeros_like(matrices) + ops.eye(3)
    for _ in range(ITERATIONS):
        step = 1.5 * ops.eye(3) - 0.5 * ops.matmul(inverse_root, root)
        root, inverse_root = ops.matmul(root, step), ops.matmul(step, inverse_root)
    return root * ops.sqrt(size), inverse_root / ops.sqrt(size)
