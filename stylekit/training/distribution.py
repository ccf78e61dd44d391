"""What a step must mind where several devices share a batch, as `Trainer(strategy=...)` lets them.

Each device sees its own part of the batch. Together they shall do what one device does with the whole of it. On one
device both functions do the plain thing.
"""

import tensorflow as tf


def draw(distribution, shape, seed, *limits):
    """Random numbers for the images of a batch: this device's part of those that one device would draw for all.

    distribution: `tf.random.stateless_uniform` or `stateless_normal`. shape: (batch, ...) of this device's part.
    seed: two integers. limits: further arguments of the distribution. Returns an array of that shape.
    """
    device = tf.distribute.get_replica_context()
    whole = distribution((shape[0] * device.num_replicas_in_sync, *shape[1:]), seed, *limits)
    first = device.replica_id_in_sync_group * shape[0]
    return whole[first : first + shape[0]]


def own(seed):
    """A seed of this device's own, for what may differ between devices but must not be the same on all of them.

    seed: (2,) integers. Returns (2,) integers; on the first device, and on a single one, the seed itself.
    """
    device = tf.distribute.get_replica_context()
    if device.num_replicas_in_sync == 1:
        return seed
    place = device.replica_id_in_sync_group
    return tf.where(place == 0, seed, tf.cast(tf.random.experimental.stateless_fold_in(seed, place), seed.dtype))


def gradients(tape, loss, variables):
    """This device's part of the gradient of the mean over the whole batch: Keras' optimisers add the parts up.

    loss: the mean over this device's images, a scalar that `tape` watched. Returns a list, one array for each variable.
    """
    devices = tf.distribute.get_replica_context().num_replicas_in_sync
    return tape.gradient(loss, variables, output_gradients=None if devices == 1 else tf.constant(1 / devices))
