"""CycleGAN: photos into paintings and back, learned without a single pair.

Two generators, G to paintings and F to photos, each against a discriminator of its own. What G made of a photo, F must
turn into the photo again, and the other way round.
Zhu, Park, Isola and Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", 2017.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from stylekit import images
from stylekit.errors import ImageError, SettingError
from stylekit.methods.gan import GAN, means
from stylekit.nn import losses
from stylekit.nn.layers import ReflectionPadding
from stylekit.training.adam import Adam
from stylekit.training.image_pool import ImagePool
from stylekit.training.objective import Objective

UPSAMPLING = ("transposed", "resize")
SMALLEST = 8  # px; a quarter of less has nothing to mirror at its borders


def cyclegan_generator(width=64, blocks=9, upsampling="transposed", skip=False):
    """A picture of one domain -> a picture of the other: c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3.

    width: channels of the first layer; 64 is the paper's, with 11.4 million parameters. blocks: residual blocks; the
    paper has 9 for 256 px, 6 for 128. upsampling: "transposed", the paper's convolutions of stride 1/2, or "resize", an
    enlargement and a convolution, which leaves no checkerboard (Odena et al. 2016).
    skip: what is drawn is added to the picture itself, so that a small network need not learn to copy; not the paper's.
    Returns a model: (batch, h, w, 3) in [-1, 1], h and w multiples of 4 -> the same. Zhu et al. 2017, section 7.2.
    Raises SettingError for another upsampling.
    """
    if upsampling not in UPSAMPLING:
        raise SettingError(f"The upsampling is {upsampling!r}: wanted one of {', '.join(UPSAMPLING)}.")

    def enlarged(x, channels):
        if upsampling == "transposed":
            return layers.Conv2DTranspose(channels, 3, 2, "same", kernel_initializer=_first())(x)
        return _mirrored(layers.UpSampling2D(2, interpolation="bilinear")(x), channels, 3)

    pictures = layers.Input((None, None, 3))
    x = layers.ReLU()(_norm(_mirrored(pictures, width, 7)))
    for channels in (2 * width, 4 * width):
        x = layers.ReLU()(_norm(_mirrored(x, channels, 3, stride=2)))
    for _ in range(blocks):
        inner = layers.ReLU()(_norm(_mirrored(x, 4 * width, 3)))
        x = layers.Add()([x, _norm(_mirrored(inner, 4 * width, 3))])
    for channels in (2 * width, width):
        x = layers.ReLU()(_norm(enlarged(x, channels)))
    x = _mirrored(x, 3, 7)
    if skip:
        x = layers.Add()([x, ops.arctanh(0.95 * pictures)])  # what tanh undoes
    return keras.Model(pictures, layers.Activation("tanh", dtype="float32")(x))


def cyclegan_discriminator(width=64, halvings=3):
    """PatchGAN: C64, C128, C256, C512, and a last convolution to one logit for every patch of a picture, > 0 for real.

    width: channels of the first layer; 64 is the paper's, with 2.8 million parameters. halvings: layers that halve the
    picture; 3 for patches of 70 x 70 px, the paper's; 2 for 34 x 34, 1 for 16 x 16.
    Returns a model: (batch, h, w, 3) in [-1, 1] -> (batch, h', w', 1). Zhu et al. 2017, section 7.2.
    """
    pictures = layers.Input((None, None, 3))
    x = pictures
    for i in range(halvings + 1):
        stride = 2 if i < halvings else 1
        x = layers.Conv2D(width * min(2**i, 8), 4, stride, kernel_initializer=_first())(layers.ZeroPadding2D(1)(x))
        x = layers.LeakyReLU(0.2)(_norm(x) if i else x)
    logits = layers.Conv2D(1, 4, kernel_initializer=_first())(layers.ZeroPadding2D(1)(x))
    return keras.Model(pictures, logits)


def _first():
    """The paper's first weights."""
    return keras.initializers.RandomNormal(0.0, 0.02)


def _mirrored(x, channels, kernel, stride=1):
    return layers.Conv2D(channels, kernel, stride, kernel_initializer=_first())(ReflectionPadding(kernel // 2)(x))


def _norm(x):
    """Instance norm without scale and shift, as in the authors' networks."""
    return layers.GroupNormalization(groups=-1, epsilon=1e-5, center=False, scale=False)(x)


class CycleGAN(GAN):
    """G and F against their discriminators, for `training.Trainer`, with photos and paintings that are no pairs.

    >>> method = CycleGAN(width=16, blocks=3, halvings=1, side=48)
    >>> Trainer(method).fit(Batches(photos, paintings, crop=48, batch_size=2), steps=400)
    >>> paintings, photos = method(photos), method.to_photo(paintings)

    width, blocks, upsampling, skip: of G and F. halvings: of the discriminators, which have the same width.
    cycle, identity: the first weights of two terms, beside adversarial = 1; identity is a share of cycle, as in the
    paper, which has 0.5 for photos and paintings and 0 elsewhere. `objective.weights` changes them at any time.
    pool: pictures that each discriminator's pool holds. side: of the pictures to train with, px.
    learning_rate, discriminator_rate: a number or a Keras schedule, for the generators and for the discriminators; the
    second is as the first where it is left out, as in the paper. seed: decides the first weights.
    Zhu et al. 2017, with the least-squares loss of its section 4.
    """

    kept = ("painting_generator", "photo_generator", "painting_discriminator", "photo_discriminator",
            "painting_pool", "photo_pool")  # fmt: skip

    def __init__(self, width=64, blocks=9, upsampling="transposed", skip=False, halvings=3, cycle=10.0, identity=0.5,
                 pool=50, side=256, learning_rate=2e-4, discriminator_rate=None, seed=0):  # fmt: skip
        keras.utils.set_random_seed(seed)
        self.side, self.halvings = side, halvings
        self.objective = Objective(adversarial=1.0, cycle=cycle, identity=identity * cycle)
        self.painting_generator, self.photo_generator = (  # G and F
            cyclegan_generator(width, blocks, upsampling, skip) for _ in range(2)
        )
        self.painting_discriminator, self.photo_discriminator = (
            cyclegan_discriminator(width, halvings) for _ in range(2)
        )
        self.painting_pool, self.photo_pool = ImagePool(pool, side), ImagePool(pool, side)
        self.generator_optimizer = Adam(learning_rate, beta_1=0.5)
        self.discriminator_optimizer = Adam(discriminator_rate or learning_rate, beta_1=0.5)
        self.build_optimizers()
        self._compiled_draw = tf.function(lambda photos: self.painting_generator(photos))
        self._compiled_return = tf.function(lambda paintings: self.photo_generator(paintings))

    @property
    def generator_variables(self):
        """G's and F's, which learn together."""
        return self.painting_generator.trainable_variables + self.photo_generator.trainable_variables

    @property
    def discriminator_variables(self):
        """Those of both discriminators."""
        return self.painting_discriminator.trainable_variables + self.photo_discriminator.trainable_variables

    def check_batches(self, batches):
        """Refuse pictures that this method cannot learn from. Raises ImageError for their size."""
        least = max(3 * 2**self.halvings, SMALLEST)  # for less D's last layer has no patch left
        if batches.crop % 4 or batches.crop < least:
            raise ImageError(
                f"The crops are {batches.crop} x {batches.crop} px: wanted a multiple of 4 from {least} px on, because G "
                f"halves a picture twice and D {self.halvings} times."
            )
        if self.painting_pool.size and batches.crop != self.side:
            raise ImageError(
                f"The crops are {batches.crop} x {batches.crop} px, but the pools keep pictures of {self.side} x "
                f"{self.side} px: build the method with side={batches.crop}, or cut other crops."
            )

    def losses_of(self, photos, paintings):
        """G's and F's terms together, per image, and what they made.

        photos, paintings: (batch, h, w, 3) in [-1, 1], the same number of both; which belongs to which does not matter.
        Returns dict term -> (batch,), G(photos), F(paintings).
        """
        g, f = self.painting_generator, self.photo_generator
        # one pass over both domains: instance norm keeps pictures apart
        painted, same_painting = ops.split(g(ops.concatenate([photos, paintings])), 2)
        photographed, same_photo = ops.split(f(ops.concatenate([paintings, photos])), 2)
        terms = {
            "adversarial": losses.least_squares_generator_loss(self.painting_discriminator(painted))
            + losses.least_squares_generator_loss(self.photo_discriminator(photographed)),
            "cycle": losses.cycle_loss(f(painted), photos) + losses.cycle_loss(g(photographed), paintings),
            "identity": losses.identity_loss(same_painting, paintings) + losses.identity_loss(same_photo, photos),
        }
        return terms, painted, photographed

    def step(self, photos, paintings, seed, only=None):
        """Train G and F, and both discriminators on what the pools give, with gradients of the same moment.

        seed: (2,) integers, which decide what comes from the pools. only: "generator" or "discriminator", to train
        both networks of that kind and leave the others. Returns dict term -> scalar, unweighted.
        """
        seeds = tf.unstack(tf.random.split(seed, 2))
        with tf.GradientTape(persistent=True) as tape:
            terms, painted, photographed = self.losses_of(photos, paintings)
            total = self.objective(terms)
            discriminator_loss = ops.mean(
                discriminator_loss_of(self.painting_discriminator, paintings, self.painting_pool, painted, seeds[0])
                + discriminator_loss_of(self.photo_discriminator, photos, self.photo_pool, photographed, seeds[1])
            )
        self.learn(tape, total, discriminator_loss, only)
        return means(terms, discriminator_loss)

    def __call__(self, photos, paintings=None):
        """G(x): one photo (h, w, 3) or several (n, h, w, 3) in [-1, 1], sides multiples of 4 px, as paintings.

        paintings: not looked at. Returns pictures of the photos' shape. Raises ImageError for wrong arrays.
        """
        return _translated(self._compiled_draw, photos, "photo")

    def to_photo(self, paintings):
        """F(y), the way back: paintings as photos. Shapes and errors as for the way there."""
        return _translated(self._compiled_return, paintings, "painting")


def discriminator_loss_of(discriminator, real, pool, fake, seed):
    """What its verdicts cost a discriminator, on real pictures and on fakes that go through the pool first.

    real, fake: (batch, h, w, 3). pool: a `Pool`. seed: for its draws. Returns (batch,) >= 0, with the paper's half.
    """
    shown = ops.concatenate([real, pool.exchange(tf.stop_gradient(fake), seed)])
    return losses.least_squares_discriminator_loss(*ops.split(discriminator(shown), 2)) / 2


def _translated(network, pictures, name):
    pictures = images.check(pictures, name)
    height, width = pictures.shape[-3:-1]
    if height % 4 or width % 4 or min(height, width) < SMALLEST:
        raise ImageError(
            f"The {name} has {width} x {height} px: wanted sides that are multiples of 4, from {SMALLEST} px on, so "
            "fit it to a size first."
        )
    return network(tf.constant(pictures.reshape(-1, height, width, 3))).numpy().reshape(pictures.shape)
