"""The loss terms, one pure function each.

Every loss returns one value per image, shape (batch,), so that each image of a batch can carry weights of its own;
`stylekit.training.objective` multiplies them by the weights and averages.
"""

from keras import ops


def per_image_mean(values):
    """Mean over everything but the first axis. values: (batch, ...), any float type. Returns (batch,) float32."""
    return ops.mean(ops.cast(values, "float32"), axis=tuple(range(1, len(values.shape))))


# --- adversarial: what D's verdict (logits, (batch, h, w, 1), one per patch) costs D and G ---------------------------


def log_discriminator_loss(real_logits, fake_logits):
    """The article's L_adv, as D minimises it: -[log D(real) + log(1 - D(fake))], with D = sigmoid(logits).

    Written with softplus, -log sigmoid(z) = softplus(-z), so that a certain D gives a large number and never infinity.
    Equals 2 log 2 = 1.386 where D cannot tell real from fake. Goodfellow et al. 2014, eq. 1. Returns (batch,) >= 0.
    """
    return per_image_mean(ops.softplus(-real_logits)) + per_image_mean(ops.softplus(fake_logits))


def saturating_generator_loss(fake_logits):
    """The article's L_adv, as G minimises it: log(1 - D(fake)).

    Its gradient vanishes exactly where G needs it: when D is sure that the picture is a fake. Returns (batch,) <= 0.
    Goodfellow et al. 2014, eq. 1.
    """
    return -per_image_mean(ops.softplus(fake_logits))


def non_saturating_generator_loss(fake_logits):
    """-log D(fake): the same optimum as the article's form, with a gradient that does not vanish.

    Goodfellow et al. 2014, section 3. Returns (batch,) >= 0.
    """
    return per_image_mean(ops.softplus(-fake_logits))


def least_squares_discriminator_loss(real_logits, fake_logits):
    """(D(real) - 1)^2 + D(fake)^2. Mao et al. 2017, eq. 9, without the factor 1/2. Returns (batch,) >= 0."""
    return per_image_mean(ops.square(real_logits - 1.0)) + per_image_mean(ops.square(fake_logits))


def least_squares_generator_loss(fake_logits):
    """(D(fake) - 1)^2. Mao et al. 2017, eq. 9, without the factor 1/2. Returns (batch,) >= 0."""
    return per_image_mean(ops.square(fake_logits - 1.0))


def hinge_discriminator_loss(real_logits, fake_logits):
    """max(0, 1 - D(real)) + max(0, 1 + D(fake)): D gains nothing by being surer than 1.

    Lim and Ye 2017; Miyato et al. 2018, eq. 16. Returns (batch,) >= 0; 2 where D says 0 to everything.
    """
    return per_image_mean(ops.relu(1.0 - real_logits)) + per_image_mean(ops.relu(1.0 + fake_logits))


def wasserstein_discriminator_loss(real_logits, fake_logits):
    """D(fake) - D(real): minus the distance that D measures. Arjovsky et al. 2017, eq. 2. Returns (batch,)."""
    return per_image_mean(fake_logits) - per_image_mean(real_logits)


def critic_generator_loss(fake_logits):
    """-D(fake): what G minimises with the hinge and the Wasserstein form. Returns (batch,)."""
    return -per_image_mean(fake_logits)


def gradient_penalty(gradients):
    """(|dD/dx| - 1)^2, which keeps a Wasserstein D from growing steeper than slope 1.

    gradients: (batch, h, w, c), of D's summed logits with respect to pictures between real and fake ones.
    Returns (batch,) >= 0. Gulrajani et al. 2017, eq. 3.
    """
    flat = ops.reshape(gradients, (ops.shape(gradients)[0], -1))
    norm = ops.sqrt(ops.sum(ops.square(flat), axis=1) + 1e-12)  # 1e-12: sqrt has no gradient at 0
    return ops.square(norm - 1.0)


# --- content: what of the photo is left --------------------------------------------------------------------------


def content_loss(generated, source):
    """Distance of content, the article's L_content: mean |F(x, G(x, y)) - F(x, x)| over every feature map.

    generated, source: lists of (batch, h, w, c) feature maps of G(x, y) and of x.
    Returns (batch,) >= 0; 0 where G changed nothing that F sees.
    After Johnson et al. 2016, eq. 2, with the article's L1 for L2.
    """
    distances = [per_image_mean(ops.abs(g - s)) for g, s in zip(generated, source, strict=True)]
    return ops.mean(ops.stack(distances), axis=0)


# --- style: how much the result looks like the painting -----------------------------------------------------------


def pixel_style_loss(generated, painting):
    """The article's L_style: mean |G(x, y) - y|, pixel by pixel. Only right if y shows the same scene as x.

    generated, painting: (batch, h, w, 3) in [-1, 1]. Returns (batch,) in [0, 2]. With pairs it is pix2pix's L1 term
    (Isola et al. 2017, eq. 3).
    """
    return per_image_mean(ops.abs(generated - painting))


def moments(features):
    """Mean and standard deviation of each channel over all positions: what is there, not where.

    features: (batch, h, w, c), any float type. Returns two arrays (batch, c) float32; the second is > 0.
    """
    mean, variance = ops.moments(ops.cast(features, "float32"), axes=[1, 2])
    return mean, ops.sqrt(variance + 1e-5)  # 1e-5: sqrt has no gradient at 0


def moment_style_loss(generated, painting):
    """Distance of style: how far the means and deviations of the feature channels are from those of the painting.

    generated, painting: lists of (batch, h, w, c) feature maps; heights and widths may differ between the two.
    At each depth the squared distance is divided by the painting's own spread, so that every depth counts alike.
    Returns (batch,) >= 0. After Huang and Belongie 2017, eq. 13.
    """
    distances = []
    for g, p in zip(generated, painting, strict=True):
        (g_mean, g_std), (p_mean, p_std) = moments(g), moments(p)
        size = ops.mean(ops.square(p_std), axis=1)
        error = ops.mean(ops.square(g_mean - p_mean) + ops.square(g_std - p_std), axis=1)
        distances.append(error / size)
    return ops.mean(ops.stack(distances), axis=0)


def gram_matrix(features):
    """Which channels fire together: (batch, h, w, c) -> (batch, c, c), divided by h * w. Gatys et al. 2016, eq. 3."""
    batch, height, width, channels = ops.shape(features)
    flat = ops.reshape(features, (batch, height * width, channels))
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / ops.cast(height * width, features.dtype)


def gram_style_loss(generated, painting):
    """Squared distance of the Gram matrices, divided at each depth by the size of the painting's own.

    generated, painting: lists of (batch, h, w, c). Returns (batch,) >= 0. Gatys et al. 2016, eq. 4 and 5.
    """
    distances = []
    for g, p in zip(generated, painting, strict=True):
        target = gram_matrix(p)
        size = per_image_mean(ops.square(target)) + 1e-8  # 1e-8: a map may be 0 everywhere
        distances.append(per_image_mean(ops.square(gram_matrix(g) - target)) / size)
    return ops.mean(ops.stack(distances), axis=0)


# --- terms that other methods add ---------------------------------------------------------------------------------


def cycle_loss(there_and_back, source):
    """mean |F(G(x)) - x|: a picture sent to the other domain and back is the same. Zhu et al. 2017, eq. 2.

    Both (batch, h, w, c). Returns (batch,) >= 0.
    """
    return per_image_mean(ops.abs(there_and_back - source))


def identity_loss(generated, target):
    """mean |G(y) - y|: a picture that is already a painting stays as it is. Zhu et al. 2017, section 5.2.

    Both (batch, h, w, c). Returns (batch,) >= 0.
    """
    return per_image_mean(ops.abs(generated - target))


def total_variation_loss(pictures):
    """mean |difference of neighbours|, down and across: 0 for a flat picture, high for noise. Rudin et al. 1992.

    pictures: (batch, h, w, c). Returns (batch,) >= 0.
    """
    down = per_image_mean(ops.abs(pictures[:, 1:] - pictures[:, :-1]))
    across = per_image_mean(ops.abs(pictures[:, :, 1:] - pictures[:, :, :-1]))
    return down + across


ADVERSARIAL = {
    "log": (log_discriminator_loss, saturating_generator_loss),
    "non_saturating": (log_discriminator_loss, non_saturating_generator_loss),
    "least_squares": (least_squares_discriminator_loss, least_squares_generator_loss),
    "hinge": (hinge_discriminator_loss, critic_generator_loss),
    "wasserstein": (wasserstein_discriminator_loss, critic_generator_loss),
}
