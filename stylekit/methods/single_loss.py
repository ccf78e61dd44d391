"""The smallest method there is: G(x), and one loss that it makes small. It shows what that loss wants by itself."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from stylekit import images
from stylekit.errors import ImageError
from stylekit.nn import networks
from stylekit.training import distribution
from stylekit.training.adam import Adam


class SingleLoss:
    """G(x) trained by one loss alone, for `training.Trainer`.

    >>> method = SingleLoss(lambda generated, photos, paintings: losses.pixel_style_loss(generated, paintings))

    loss: a function of three batches (n, h, w, 3) in [-1, 1], generated, photos and paintings, that returns (n,).
    width, blocks: size of G, the painter's network without its painting: it sees the photo alone. seed: decides its
    first weights.
    """

    def __init__(self, loss, width=12, blocks=2, learning_rate=2e-3, seed=0):
        keras.utils.set_random_seed(seed)
        self.loss = loss
        self.network = networks.painter_network(width, blocks, code=1)
        self.optimizer = Adam(learning_rate, beta_1=0.5, beta_2=0.99)
        self.optimizer.build(self.network.trainable_variables)
        self._compiled_draw = tf.function(self.draw, autograph=False)

    def parts(self):
        """What a checkpoint must hold so that training can go on: dict name -> trackable."""
        return {"network": self.network, "optimizer": self.optimizer}

    def variables(self):
        """Every variable that a step changes."""
        return [*self.network.variables, *self.optimizer.variables]

    def step(self, photos, paintings, seed):
        """Make the loss smaller on one batch. seed: not needed, nothing is drawn. Returns {"loss": its mean}."""
        with tf.GradientTape() as tape:
            loss = ops.mean(self.loss(self.draw(photos), photos, paintings))
        variables = self.network.trainable_variables
        self.optimizer.apply(distribution.gradients(tape, loss, variables), variables)
        return {"loss": loss}

    def draw(self, photos):
        """G: (batch, h, w, 3) with h, w multiples of 4 -> pictures of the same shape."""
        batch = ops.shape(photos)[0]
        return self.network([photos, ops.zeros((batch, 1)), ops.ones((batch, 3))])

    def __call__(self, photos, paintings=None):
        """G(x) of one photo (h, w, 3) or several (n, h, w, 3) in [-1, 1]; sides are multiples of 4 px.

        paintings: not looked at. Returns pictures of the photos' shape. Raises ImageError for wrong arrays.
        """
        photos = images.check(photos, "photo")
        height, width = photos.shape[-3:-1]
        if height % 4 or width % 4:
            raise ImageError(
                f"The photo has {width} x {height} px: wanted sides that are multiples of 4, so fit it to a size first."
            )
        generated = self._compiled_draw(tf.constant(photos.reshape(-1, height, width, 3))).numpy()
        return np.reshape(generated, photos.shape)
