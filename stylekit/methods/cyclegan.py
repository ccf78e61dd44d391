"""CycleGAN: photos into paintings and back, learned without a single pair.

Two generators, G to paintings and F to photos, each against a discriminator of its own. What G made of a photo, F must
turn into the photo again, and the other way round.
Zhu, Park, Isola and Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", 2017.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from stylekit import images, losses
from stylekit.errors import ImageError, SettingError
from stylekit.networks import ReflectionPadding
from stylekit.objective import Objective

UPSAMPLING = ("transposed", "resize")


def cyclegan_generator(width=64, blocks=9, upsampling="transposed"):
    """A picture of one domain -> a picture of the other: c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3.

    width: channels of the first layer. blocks: residual blocks; the paper has 9, and 6 for 128 px. upsampling:
    "transposed", the paper's convolutions of stride 1/2, or "resize", a bilinear enlargement and a convolution, which
    leaves no checkerboard (Odena et al. 2016). Zhu et al. 2017, section 7.2.
    (batch, h, w, 3) in [-1, 1], h and w multiples of 4. Returns the same.
    """
    _whole("width", width, 1)
    _whole("number of blocks", blocks, 0)
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
    return keras.Model(pictures, layers.Activation("tanh")(_mirrored(x, 3, 7)))


def cyclegan_discriminator(width=64, halvings=3):
    """PatchGAN with instance norm: C64, C128, C256, C512 and a last convolution to one logit for every patch.

    width: channels of the first layer. halvings: how many layers halve the picture; 3 makes patches of 70 px, the
    paper's, 2 of 34 and 1 of 16. Zhu et al. 2017, section 7.2.
    (batch, h, w, 3) in [-1, 1]. Returns logits (batch, h', w', 1).
    """
    _whole("width", width, 1)
    _whole("number of halvings", halvings, 1)
    pictures = layers.Input((None, None, 3))
    x = pictures
    for i in range(halvings + 1):
        x = layers.ZeroPadding2D(1)(x)
        x = layers.Conv2D(width * min(2**i, 8), 4, 2 if i < halvings else 1, kernel_initializer=_first())(x)
        x = layers.LeakyReLU(0.2)(_norm(x) if i else x)
    logits = layers.Conv2D(1, 4, kernel_initializer=_first())(layers.ZeroPadding2D(1)(x))
    return keras.Model(pictures, logits)


class Pool(tf.Module):
    """The last pictures of a generator, so that D does not forget what it once saw through. Shrivastava et al. 2017.

    It lives in variables, inside the compiled step and its checkpoint. size: pictures that it holds; 0 for no pool.
    side: theirs, px.
    """

    def __init__(self, size=50, side=256):
        super().__init__()
        self.size = _whole("size of the pool", size, 0)
        self.pictures = tf.Variable(tf.zeros((size, side, side, 3)), trainable=False)
        self.count = tf.Variable(0, trainable=False)

    def exchange(self, pictures, seed):
        """Put pictures (batch, side, side, 3) in, and take as many out.

        Until the pool is full, every picture goes in and comes out again. From then on one in two changes places with
        a picture of the pool, drawn by chance; the others pass by. seed: two integers that decide the draws.
        Returns (batch, side, side, 3). Raises ImageError for pictures of another size.
        """
        if not self.size:
            return pictures
        if pictures.shape[1:] != self.pictures.shape[1:]:
            raise ImageError(
                f"The batch has pictures of {pictures.shape[2]} x {pictures.shape[1]} px, the pool keeps them at "
                f"{self.pictures.shape[2]} px: build the method with side={pictures.shape[1]}, or fit the pictures."
            )
        coins, places = tf.unstack(tf.random.split(seed, 2))
        coins = tf.unstack(tf.random.stateless_uniform((len(pictures),), coins))
        places = tf.unstack(tf.random.stateless_uniform((len(pictures),), places, maxval=self.size, dtype=tf.int32))
        given = [self._one(*each) for each in zip(tf.unstack(pictures), coins, places, strict=True)]
        return tf.stack(given)

    def _one(self, picture, coin, place):
        full = self.count == self.size
        place, passes_by = tf.where(full, place, self.count), full & (coin < 0.5)
        old = self.pictures[place]
        self.pictures.scatter_nd_update([[place]], [tf.where(passes_by, old, picture)])
        self.count.assign(tf.minimum(self.count + 1, self.size))
        return tf.where(full & ~passes_by, old, picture)


class CycleGAN:
    """G and F against their discriminators, for `training.Trainer`.

    >>> method = CycleGAN(width=16, blocks=3, side=48)
    >>> Trainer(method).fit(Pairs(photos, paintings, crop=48, batch=2), steps=400)
    >>> paintings, photos = method(photos), method.to_photo(paintings)

    width, blocks, upsampling: of the generators. halvings: of the discriminators, which have the same width.
    cycle, identity: the first weights of the objective beside adversarial = 1; identity is a share of cycle, as in the
    paper, which has 0.5 for paintings and else 0. pool: pictures that each pool holds, side: theirs, px.
    learning_rate: of both
    optimisers, a number or a Keras schedule. seed: decides the first weights of the networks.
    Zhu et al. 2017, with the least-squares loss of its section 4.
    """

    def __init__(
        self,
        width=64,
        blocks=9,
        upsampling="transposed",
        halvings=3,
        cycle=10.0,
        identity=0.5,
        pool=50,
        side=256,
        learning_rate=2e-4,
        seed=0,
    ):
        keras.utils.set_random_seed(seed)
        self.objective = Objective(adversarial=1.0, cycle=cycle, identity=identity * cycle)
        self.painting_generator = cyclegan_generator(width, blocks, upsampling)  # G
        self.photo_generator = cyclegan_generator(width, blocks, upsampling)  # F
        self.painting_discriminator = cyclegan_discriminator(width, halvings)
        self.photo_discriminator = cyclegan_discriminator(width, halvings)
        self.painting_pool, self.photo_pool = Pool(pool, side), Pool(pool, side)
        self.generator_variables = self._trainable(self.painting_generator, self.photo_generator)
        self.discriminator_variables = self._trainable(self.painting_discriminator, self.photo_discriminator)
        self.generator_optimizer = keras.optimizers.Adam(learning_rate, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(learning_rate, beta_1=0.5)
        self.generator_optimizer.build(self.generator_variables)
        self.discriminator_optimizer.build(self.discriminator_variables)
        self._compiled = {
            "painting": tf.function(lambda photos: self.painting_generator(photos)),
            "photo": tf.function(lambda paintings: self.photo_generator(paintings)),
        }

    @staticmethod
    def _trainable(*networks):
        return [variable for network in networks for variable in network.trainable_variables]

    def parts(self):
        """What a checkpoint must hold so that training can go on: dict name -> trackable."""
        names = ("painting_generator", "photo_generator", "painting_discriminator", "photo_discriminator",
                 "painting_pool", "photo_pool", "generator_optimizer", "discriminator_optimizer")  # fmt: skip
        weights = {f"weight_{name}": variable for name, variable in self.objective.weights.variables.items()}
        return {name: getattr(self, name) for name in names} | weights

    def variables(self):
        """Every variable that a step changes, the pictures in the pools too."""
        parts = [part for name, part in self.parts().items() if not name.startswith("weight_")]
        return [variable for part in parts for variable in part.variables]

    def losses_of(self, photos, paintings):
        """G's and F's terms together, per image, and what they made.

        photos, paintings: (batch, h, w, 3) in [-1, 1]; which belongs to which is not looked at. Each network sees both
        of its inputs at once: instance norm keeps them apart. Returns dict term -> (batch,), G(photos), F(paintings).
        """
        g, f = self.painting_generator, self.photo_generator
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
        """Train all four networks on one batch: G and F against the Ds as they were, the Ds on what the pools give.

        seed: two integers that decide what comes from the pools. only: "generator" or "discriminator", to train both
        networks of that kind and leave the others as they are. Returns dict term -> scalar, unweighted.
        """
        _check_sides(photos, "photo")
        seeds = tf.unstack(tf.random.split(seed, 2))
        with tf.GradientTape(persistent=True) as tape:
            terms, painted, photographed = self.losses_of(photos, paintings)
            generator_loss = self.objective(terms)
            discriminator_loss = ops.mean(
                discriminator_loss_of(self.painting_discriminator, paintings, self.painting_pool, painted, seeds[0])
                + discriminator_loss_of(self.photo_discriminator, photos, self.photo_pool, photographed, seeds[1])
            )
        if only != "discriminator":
            gradients = tape.gradient(generator_loss, self.generator_variables)
            self.generator_optimizer.apply(gradients, self.generator_variables)
        if only != "generator":
            gradients = tape.gradient(discriminator_loss, self.discriminator_variables)
            self.discriminator_optimizer.apply(gradients, self.discriminator_variables)
        return {name: ops.mean(term) for name, term in terms.items()} | {"discriminator": discriminator_loss}

    def __call__(self, photos, paintings=None):
        """G(x): one photo (h, w, 3) or several (n, h, w, 3) in [-1, 1], sides multiples of 4 px, as paintings.

        paintings: not looked at. Returns pictures of the photos' shape. Raises ImageError for wrong arrays.
        """
        return self._translated("painting", images.check(photos, "photo"), "photo")

    def to_photo(self, paintings):
        """F(y), the way back: paintings as photos. Shapes and errors as for the way there."""
        return self._translated("photo", images.check(paintings, "painting"), "painting")

    def _translated(self, to, pictures, name):
        _check_sides(pictures, name)
        return self._compiled[to](tf.constant(pictures.reshape(-1, *pictures.shape[-3:]))).numpy().reshape(pictures.shape)


def discriminator_loss_of(discriminator, real, pool, fake, seed):
    """What its verdicts cost a discriminator, on real pictures and on fakes that go through the pool first.

    real, fake: (batch, h, w, 3). pool: a Pool. seed: for its draws. Returns (batch,) >= 0, with the paper's factor 1/2.
    """
    shown = ops.concatenate([real, pool.exchange(tf.stop_gradient(fake), seed)])
    return 0.5 * losses.least_squares_discriminator_loss(*ops.split(discriminator(shown), 2))


def _first():
    """The paper's first weights."""
    return keras.initializers.RandomNormal(0.0, 0.02)


def _mirrored(x, channels, kernel, stride=1):
    return layers.Conv2D(channels, kernel, stride, kernel_initializer=_first())(ReflectionPadding(kernel // 2)(x))


def _norm(x):
    """Instance norm without scale and shift, as in the paper's own networks."""
    return layers.GroupNormalization(groups=-1, epsilon=1e-5, center=False, scale=False)(x)


def _check_sides(pictures, name):
    height, width = pictures.shape[-3:-1]
    if height % 4 or width % 4:
        raise ImageError(
            f"The {name} has {width} x {height} px: wanted sides that are multiples of 4, so fit it to a size first."
        )


def _whole(name, value, least):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise SettingError(f"The {name} is {value!r}: wanted a whole number from {least} on.")
    return int(value)
