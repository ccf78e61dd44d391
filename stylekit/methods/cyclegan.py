"""CycleGAN: photos into paintings and back, learned without a single pair.

    L(G, F, Dx, Dy) = L_gan(G, Dy) + L_gan(F, Dx) + 10 L_cycle(G, F) + 5 L_identity(G, F)        eq. 3 and section 5.2
    L_cycle(G, F) = E[|F(G(x)) - x|] + E[|G(F(y)) - y|]                                           eq. 2
    L_identity(G, F) = E[|G(y) - y|] + E[|F(x) - x|]

G turns photos x into paintings, F paintings y into photos, each against a discriminator of its own. L_gan is the
least-squares loss of section 4.
Zhu, Park, Isola and Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", 2017.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from stylekit.errors import ImageError, SettingError
from stylekit.methods.gan import GAN, divisible, drawn, seeded
from stylekit.nn import losses
from stylekit.nn.layers import ReflectionPadding
from stylekit.training.image_pool import ImagePool
from stylekit.training.objective import Objective

UPSAMPLING = ("transposed", "resize")
SMALLEST = 8  # px; a quarter of less has nothing to mirror at its borders


def cyclegan_generator(width=64, blocks=9, upsampling="transposed", skip=False):
    """Build a generator: c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3 in the paper's words.

    Args:
        width: Channels of the first layer; 64 is the paper's, with 11.4 million parameters.
        blocks: Residual blocks; the paper has 9 for 256 px, 6 for 128.
        upsampling: "transposed", the paper's convolutions of stride 1/2, or "resize", an enlargement and a
            convolution, which leaves no checkerboard (Odena et al. 2016).
        skip: Whether what is drawn is added to the picture itself, so that a small network need not learn to copy; not
            the paper's.

    Returns:
        Model from pictures (batch, h, w, 3) in [-1, 1], h and w multiples of 4, to pictures of the same shape.

    Raises:
        SettingError: There is no such upsampling.

    Zhu et al. 2017, section 7.2.
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
    """Build a PatchGAN: C64, C128, C256, C512, and a last convolution to one logit for each patch of a picture.

    Args:
        width: Channels of the first layer; 64 is the paper's, with 2.8 million parameters.
        halvings: Layers that halve the picture: 3 for patches of 70 x 70 px, the paper's; 2 for 34 x 34, 1 for
            16 x 16.

    Returns:
        Model from pictures (batch, h, w, 3) in [-1, 1] to logits (batch, h', w', 1), > 0 for real.

    Zhu et al. 2017, section 7.2.
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


@keras.saving.register_keras_serializable("stylekit")
class CycleGAN(GAN):
    """G and F against their discriminators, with photos and paintings that are no pairs: a `keras.Model`.

    >>> method = CycleGAN(width=16, blocks=3, halvings=1, side=48)
    >>> Trainer(method).fit(Batches(photos, paintings, crop=48, batch_size=2), steps=400)
    >>> paintings, photos = method(photos), method.to_photo(paintings)

    `painting_generator` is G, `photo_generator` F, `painting_discriminator` Dy, `photo_discriminator` Dx.
    A .keras file keeps no pool: a method that is loaded begins with empty ones. A trainer's checkpoint keeps them.

    Args:
        width: Channels of the first layers of all networks; 64 is the paper's.
        blocks: Residual blocks of G and F.
        upsampling: "transposed" or "resize", as for `cyclegan_generator`.
        skip: Whether G and F add what they draw to the picture, as for `cyclegan_generator`.
        halvings: Of the discriminators, as for `cyclegan_discriminator`.
        cycle: Weight of the cycle term; `objective.weights` changes it at any time.
        identity: Weight of the identity term as a share of `cycle`. The paper has 0.5 for photos and paintings, and 0
            elsewhere.
        pool: Pictures that each discriminator's pool holds; 0 for no pool.
        side: Of the pictures to train with, px.
        learning_rate: Of the generators, a number or a Keras schedule.
        discriminator_learning_rate: Of the discriminators; as `learning_rate` if left out, as in the paper.
        seed: Decides the first weights.
    """

    networks = (
        "painting_generator",
        "photo_generator",
        "painting_discriminator",
        "photo_discriminator",
        "painting_pool",
        "photo_pool",
    )

    def __init__(
        self,
        width=64,
        blocks=9,
        upsampling="transposed",
        skip=False,
        halvings=3,
        cycle=10.0,
        identity=0.5,
        pool=50,
        side=256,
        learning_rate=2e-4,
        discriminator_learning_rate=None,
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.side, self.halvings = side, halvings
        self.objective = Objective(adversarial=1.0, cycle=cycle, identity=identity * cycle)
        with seeded(seed):
            self.painting_generator = cyclegan_generator(width, blocks, upsampling, skip)
            self.photo_generator = cyclegan_generator(width, blocks, upsampling, skip)
            self.painting_discriminator = cyclegan_discriminator(width, halvings)
            self.photo_discriminator = cyclegan_discriminator(width, halvings)
        self.painting_pool, self.photo_pool = ImagePool(pool, side), ImagePool(pool, side)
        self.compile_adam(learning_rate, discriminator_learning_rate, beta_1=0.5)
        self._compiled_draw = tf.function(self.painting_generator, autograph=False)
        self._compiled_return = tf.function(self.photo_generator, autograph=False)

    @property
    def generator_variables(self):
        """G's and F's, which learn together."""
        return self.painting_generator.trainable_variables + self.photo_generator.trainable_variables

    @property
    def discriminator_variables(self):
        """Those of both discriminators."""
        return self.painting_discriminator.trainable_variables + self.photo_discriminator.trainable_variables

    def losses_of(self, x, y, seed, training=True):
        """G's and F's terms together, and the loss of both discriminators.

        Args:
            x: Photos (batch, h, w, 3) in [-1, 1].
            y: Paintings of the same shape; which belongs to which does not matter.
            seed: (2,) integers, which decide what comes from the pools.
            training: Whether fakes go through the pools; if not, the discriminators see the fakes themselves.

        Returns:
            Dict term -> (batch,), and the discriminators' loss, (batch,).
        """
        G, F, Dx, Dy = (
            self.painting_generator,
            self.photo_generator,
            self.photo_discriminator,
            self.painting_discriminator,
        )
        # fake_y = G(x) and same_y = G(y) in one pass, which instance norm allows because it keeps pictures apart: two
        # passes take 6 % more time for a step with 4 pictures, 24 % with 1
        fake_y, same_y = ops.split(G(ops.concatenate([x, y])), 2)
        fake_x, same_x = ops.split(F(ops.concatenate([y, x])), 2)
        cycled_x, cycled_y = F(fake_y), G(fake_x)
        terms = {
            "adversarial": losses.least_squares_generator_loss(Dy(fake_y))
            + losses.least_squares_generator_loss(Dx(fake_x)),
            "cycle": losses.cycle_loss(cycled_x, x) + losses.cycle_loss(cycled_y, y),
            "identity": losses.identity_loss(same_y, y) + losses.identity_loss(same_x, x),
        }
        seeds = tf.unstack(tf.random.split(seed, 2))
        pools = (self.painting_pool, self.photo_pool) if training else (None, None)
        return terms, (
            discriminator_loss_of(Dy, y, pools[0], fake_y, seeds[0])
            + discriminator_loss_of(Dx, x, pools[1], fake_x, seeds[1])
        )

    def check_sizes(self, height, width):
        least = max(3 * 2**self.halvings, SMALLEST)  # for less D's last layer has no patch left
        if not divisible(height, width, 4, least):
            raise ImageError(
                f"The crops are {width} x {height} px: wanted a multiple of 4 from {least} px on, because G halves a "
                f"picture twice and D {self.halvings} times."
            )
        if self.painting_pool.size and {height, width} - {None, self.side}:
            raise ImageError(
                f"The crops are {width} x {height} px, but the pools keep pictures of {self.side} x {self.side} px: "
                f"build the method with side={height}, or cut other crops."
            )

    def call(self, photos):
        """G(x) for a tensor (batch, h, w, 3) of photos."""
        return self.painting_generator(photos)

    def __call__(self, photos, paintings=None):
        """G(x): photos as paintings.

        Args:
            photos: (h, w, 3) or (n, h, w, 3) float in [-1, 1], sides multiples of 4 px, from 8 px on.
            paintings: Not looked at.

        Returns:
            Pictures of the photos' shape, float32.

        Raises:
            ImageError: The array is no picture, or has other sides.
        """
        return drawn(self._compiled_draw, photos, "photo", 4, SMALLEST)

    def to_photo(self, paintings):
        """F(y), the way back: paintings as photos. Arguments, returns and errors as for a call of the method."""
        return drawn(self._compiled_return, paintings, "painting", 4, SMALLEST)


def discriminator_loss_of(discriminator, real, pool, fake, seed):
    """What its verdicts cost a discriminator, on real pictures and on fakes that go through the pool first.

    Args:
        discriminator: A model.
        real: (batch, h, w, 3).
        pool: An `ImagePool`, or None to show the fakes themselves.
        fake: (batch, h, w, 3).
        seed: (2,) integers for the pool's draws.

    Returns:
        (batch,) >= 0, halved as in the paper.
    """
    fake = tf.stop_gradient(fake)
    shown = ops.concatenate([real, pool.exchange(fake, seed) if pool else fake])
    return losses.least_squares_discriminator_loss(*ops.split(discriminator(shown), 2)) / 2
