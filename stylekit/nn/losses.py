"""The loss terms, one pure function each.

Every loss returns one value for each picture, shape (batch,), so that each picture of a batch can have its own weights;
`stylekit.training.objective` multiplies by the weights and takes the mean.
"""

from keras import ops


def per_image_mean(values):
    """Return the mean over all axes but the first.

    Args:
        values: A tensor (batch, ...) of any float type.

    Returns:
        A float32 tensor (batch,).
    """
    return ops.mean(ops.cast(values, "float32"), axis=tuple(range(1, len(values.shape))))


# --- adversarial: what D's logits (batch, h, w, 1), one for each patch, cost D and G ----------------------------------


def log_discriminator_loss(real_logits, fake_logits):
    """Return the article's L_adv as D minimises it: -[log D(real) + log(1 - D(fake))], with D = sigmoid(logits).

    It is computed as -log sigmoid(z) = softplus(-z), which is large and never infinite where D is sure and wrong.

    Args:
        real_logits: D's logits of real paintings, (batch, h, w, 1).
        fake_logits: D's logits of generated pictures, (batch, h, w, 1).

    Returns:
        A float32 tensor (batch,), >= 0; 2 log 2 = 1.386 where D cannot tell real from fake.

    Goodfellow et al. 2014, eq. 1.
    """
    return per_image_mean(ops.softplus(-real_logits)) + per_image_mean(ops.softplus(fake_logits))


def saturating_generator_loss(fake_logits):
    """Return the article's L_adv as G minimises it: log(1 - D(fake)).

    Its gradient vanishes when D is sure that the picture is fake, which is when G needs the gradient most.

    Args:
        fake_logits: D's logits of generated pictures, (batch, h, w, 1).

    Returns:
        A float32 tensor (batch,), <= 0.

    Goodfellow et al. 2014, eq. 1.
    """
    return -per_image_mean(ops.softplus(fake_logits))


def non_saturating_generator_loss(fake_logits):
    """Return -log D(fake): the same optimum as the article's form, with a gradient that does not vanish.

    Args:
        fake_logits: D's logits of generated pictures, (batch, h, w, 1).

    Returns:
        A float32 tensor (batch,), >= 0.

    Goodfellow et al. 2014, section 3.
    """
    return per_image_mean(ops.softplus(-fake_logits))


def least_squares_discriminator_loss(real_logits, fake_logits):
    """Return (D(real) - 1)^2 + D(fake)^2.

    Args:
        real_logits: D's logits of real paintings, (batch, h, w, 1).
        fake_logits: D's logits of generated pictures, (batch, h, w, 1).

    Returns:
        A float32 tensor (batch,), >= 0.

    Mao et al. 2017, eq. 9, without the factor 1/2.
    """
    return per_image_mean(ops.square(real_logits - 1.0)) + per_image_mean(ops.square(fake_logits))


def least_squares_generator_loss(fake_logits):
    """Return (D(fake) - 1)^2.

    Args:
        fake_logits: D's logits of generated pictures, (batch, h, w, 1).

    Returns:
        A float32 tensor (batch,), >= 0.

    Mao et al. 2017, eq. 9, without the factor 1/2.
    """
    return per_image_mean(ops.square(fake_logits - 1.0))


def hinge_discriminator_loss(real_logits, fake_logits):
    """Return max(0, 1 - D(real)) + max(0, 1 + D(fake)): beyond a logit of 1 or -1, D gains nothing.

    Args:
        real_logits: D's logits of real paintings, (batch, h, w, 1).
        fake_logits: D's logits of generated pictures, (batch, h, w, 1).

    Returns:
        A float32 tensor (batch,), >= 0; 2 where all logits are 0.

    Lim and Ye 2017; Miyato et al. 2018, eq. 16.
    """
    return per_image_mean(ops.relu(1.0 - real_logits)) + per_image_mean(ops.relu(1.0 + fake_logits))


def wasserstein_discriminator_loss(real_logits, fake_logits):
    """Return D(fake) - D(real), which is minus the distance that D measures.

    Args:
        real_logits: D's logits of real paintings, (batch, h, w, 1).
        fake_logits: D's logits of generated pictures, (batch, h, w, 1).

    Returns:
        A float32 tensor (batch,).

    Arjovsky et al. 2017, eq. 2.
    """
    return per_image_mean(fake_logits) - per_image_mean(real_logits)


def critic_generator_loss(fake_logits):
    """Return -D(fake), which G minimises in the hinge form and in the Wasserstein form.

    Args:
        fake_logits: D's logits of generated pictures, (batch, h, w, 1).

    Returns:
        A float32 tensor (batch,).
    """
    return -per_image_mean(fake_logits)


def gradient_penalty(gradients):
    """Return (|dD/dx| - 1)^2, which keeps the slope of a Wasserstein D close to 1.

    Args:
        gradients: (batch, h, w, channels), the gradient of D's summed logits with respect to pictures that lie between
            real and generated ones.

    Returns:
        A tensor (batch,), >= 0.

    Gulrajani et al. 2017, eq. 3.
    """
    flat = ops.reshape(gradients, (ops.shape(gradients)[0], -1))
    norm = ops.sqrt(ops.sum(ops.square(flat), axis=1) + 1e-12)  # 1e-12: sqrt has no gradient at 0
    return ops.square(norm - 1.0)


# --- content: how much of the photo is left ---------------------------------------------------------------------------


def content_loss(generated, source):
    """Return the article's L_content: mean |F(x, G(x, y)) - F(x, x)| over every feature map.

    Args:
        generated: F's maps of G(x, y), a list of (batch, h, w, channels).
        source: F's maps of the photo x, of the same shapes.

    Returns:
        A float32 tensor (batch,), >= 0; 0 where G changed nothing that F sees.

    After Johnson et al. 2016, eq. 2, with the article's L1 in place of L2.
    """
    distances = [per_image_mean(ops.abs(g - s)) for g, s in zip(generated, source, strict=True)]
    return ops.mean(ops.stack(distances), axis=0)


# --- style: how much the result looks like the painting ---------------------------------------------------------------


def pixel_style_loss(generated, painting):
    """Return the article's L_style: mean |G(x, y) - y| over the pixels, useful only if y shows the same scene as x.

    With pairs it is the L1 term of pix2pix.

    Args:
        generated: G(x, y), (batch, h, w, 3) in [-1, 1].
        painting: y, of the same shape.

    Returns:
        A float32 tensor (batch,) in [0, 2].

    Isola et al. 2017, eq. 3.
    """
    return per_image_mean(ops.abs(generated - painting))


def moments(features):
    """Return the mean and the standard deviation of each channel over all positions.

    Args:
        features: (batch, h, w, channels) of any float type.

    Returns:
        Two float32 tensors (batch, channels): mean, and deviation > 0.
    """
    mean, variance = ops.moments(ops.cast(features, "float32"), axes=[1, 2])
    return mean, ops.sqrt(variance + 1e-5)  # 1e-5: sqrt has no gradient at 0


def moment_style_loss(generated, painting):
    """Return how far the means and deviations of the feature channels are from those of the painting.

    At each depth the squared distance is divided by the painting's mean squared deviation, so that every depth has the
    same influence.

    Args:
        generated: F's maps of G(x, y), a list of (batch, h, w, channels).
        painting: F's maps of y, a list of (batch, h', w', channels).

    Returns:
        A float32 tensor (batch,), >= 0.

    After Huang and Belongie 2017, eq. 13.
    """
    distances = []
    for g, p in zip(generated, painting, strict=True):
        (g_mean, g_std), (p_mean, p_std) = moments(g), moments(p)
        size = ops.mean(ops.square(p_std), axis=1)
        error = ops.mean(ops.square(g_mean - p_mean) + ops.square(g_std - p_std), axis=1)
        distances.append(error / size)
    return ops.mean(ops.stack(distances), axis=0)


def gram_matrix(features):
    """Return which channels are active together: the products of all pairs of channels, averaged over the positions.

    Args:
        features: (batch, h, w, channels).

    Returns:
        A tensor (batch, channels, channels).

    Gatys et al. 2016, eq. 3, divided by h w.
    """
    batch, height, width, channels = ops.shape(features)
    flat = ops.reshape(features, (batch, height * width, channels))
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / ops.cast(height * width, features.dtype)


def gram_style_loss(generated, painting):
    """Return the squared distance of the Gram matrices, divided at each depth by the size of the painting's.

    Args:
        generated: F's maps of G(x, y), a list of (batch, h, w, channels).
        painting: F's maps of y, a list of (batch, h', w', channels).

    Returns:
        A float32 tensor (batch,), >= 0.

    Gatys et al. 2016, eq. 4 and 5.
    """
    distances = []
    for g, p in zip(generated, painting, strict=True):
        target = gram_matrix(p)
        size = per_image_mean(ops.square(target)) + 1e-8  # 1e-8: a map may be 0 everywhere
        distances.append(per_image_mean(ops.square(gram_matrix(g) - target)) / size)
    return ops.mean(ops.stack(distances), axis=0)


# --- terms that other methods add -------------------------------------------------------------------------------------


def cycle_loss(there_and_back, source):
    """Return mean |F(G(x)) - x|: a picture sent to the other domain and back should be the same.

    Args:
        there_and_back: F(G(x)), (batch, h, w, channels). Here F is the second generator.
        source: x, of the same shape.

    Returns:
        A float32 tensor (batch,), >= 0.

    Zhu et al. 2017, eq. 2.
    """
    return per_image_mean(ops.abs(there_and_back - source))


def identity_loss(generated, target):
    """Return mean |G(y) - y|: a picture that is a painting already should stay as it is.

    Args:
        generated: G(y), (batch, h, w, channels).
        target: y, of the same shape.

    Returns:
        A float32 tensor (batch,), >= 0.

    Zhu et al. 2017, section 5.2.
    """
    return per_image_mean(ops.abs(generated - target))


def total_variation_loss(pictures):
    """Return mean |difference of neighbouring pixels|, down plus across: 0 for a flat picture, high for noise.

    Args:
        pictures: (batch, h, w, channels).

    Returns:
        A float32 tensor (batch,), >= 0.

    Rudin et al. 1992.
    """
    down = per_image_mean(ops.abs(pictures[:, 1:] - pictures[:, :-1]))
    across = per_image_mean(ops.abs(pictures[:, :, 1:] - pictures[:, :, :-1]))
    return down + across


ADVERSARIAL = {  # name -> D's loss, G's loss
    "log": (log_discriminator_loss, saturating_generator_loss),
    "non_saturating": (log_discriminator_loss, non_saturating_generator_loss),
    "least_squares": (least_squares_discriminator_loss, least_squares_generator_loss),
    "hinge": (hinge_discriminator_loss, critic_generator_loss),
    "wasserstein": (wasserstein_discriminator_loss, critic_generator_loss),
}
