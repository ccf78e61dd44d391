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


def gradients(tape, loss, variables):
    """This device's part of the gradient of the mean over the whole batch: Keras' optimisers add the parts up.

    loss: the mean over this device's images, a scalar that `tape` watched. Returns a list, one array for each variable.
    """
    devices = tf.distribute.get_replica_context().num_replicas_in_sync
    return tape.gradient(loss, variables, output_gradients=None if devices == 1 else tf.constant(1 / devices))
