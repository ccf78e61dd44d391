"""The smallest method there is: G(x), and one loss that it makes small. It shows what that loss wants by itself."""

import keras
import tensorflow as tf
from keras import ops

from stylekit.errors import ImageError
from stylekit.methods.gan import Method, divisible, drawn, seeded
from stylekit.nn import networks
from stylekit.training import distribution
from stylekit.training.adam import Adam


@keras.saving.register_keras_serializable("stylekit")
class SingleLoss(Method):
    """G(x) trained by one loss alone: a `keras.Model`.

    >>> method = SingleLoss(lambda generated, photos, paintings: losses.pixel_style_loss(generated, paintings))

    Args:
        loss: Function of three tensors (batch, h, w, 3) in [-1, 1], generated, photos and paintings, that returns
            (batch,). To load a saved method it must have a name and be registered with
            `keras.saving.register_keras_serializable`.
        width: Channels of G's first layer. G is the painter's network, but it sees the photo alone.
        blocks: Residual blocks of G.
        learning_rate: A number or a Keras schedule.
        seed: Decides G's first weights.
    """

    extra_terms = ("loss",)

    def __init__(self, loss, width=12, blocks=2, learning_rate=2e-3, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.loss_function = loss  # Keras has a `loss` of its own
        with seeded(seed):
            self.generator = networks.painter_network(width, blocks, code=1)
        self.compile(generator_optimizer=Adam(learning_rate, beta_1=0.5, beta_2=0.99))
        self._compiled_draw = tf.function(self.call, autograph=False)

    def losses_of(self, photos, paintings, seed=None, training=True):
        """The loss of a batch: {"loss": (batch,)}. seed and training are not needed, nothing is drawn."""
        return {"loss": self.loss_function(self.call(photos), photos, paintings)}, None

    def step(self, photos, paintings, seed):
        """Make the loss smaller on one batch. Returns {"loss": its mean}; seed is not needed, nothing is drawn."""
        with tf.GradientTape() as tape:
            loss = ops.mean(self.loss_function(self.call(photos), photos, paintings))
        variables = self.generator_variables
        self.generator_optimizer.apply(distribution.gradients(tape, loss, variables), variables)
        return {"loss": loss}

    def total_loss(self, terms):
        return terms["loss"]

    def check_sizes(self, height, width):
        if not divisible(height, width, 4):
            raise ImageError(
                f"The crops are {width} x {height} px: wanted multiples of 4, because G halves them twice."
            )

    def call(self, photos):
        """G: tensor (batch, h, w, 3) with h, w multiples of 4 -> pictures of the same shape."""
        batch = ops.shape(photos)[0]
        return self.generator([photos, ops.zeros((batch, 1)), ops.ones((batch, 3))])

    def __call__(self, photos, paintings=None):
        """G(x) of photos.

        Args:
            photos: (h, w, 3) or (n, h, w, 3) float in [-1, 1], sides multiples of 4 px.
            paintings: Not looked at.

        Returns:
            Pictures of the photos' shape, float32.

        Raises:
            ImageError: The array is no picture, or has other sides.
        """
        return drawn(self._compiled_draw, photos, "photo", 4)
