"""Random numbers and gradients where several devices share a batch, as with `Trainer(strategy=...)`.

Each device sees its own part of the batch. Together they do what one device does with the whole batch.
"""

import tensorflow as tf


def draw(distribution, shape, seed, *limits):
    """Draw random numbers for the images of a batch: this device's part of what one device would draw for all.

    Args:
        distribution: `tf.random.stateless_uniform` or `tf.random.stateless_normal`.
        shape: (batch, ...) of this device's part.
        seed: Two integers.
        *limits: Further arguments of the distribution.

    Returns:
        Tensor of that shape.
    """
    device = tf.distribute.get_replica_context()
    whole = distribution((shape[0] * device.num_replicas_in_sync, *shape[1:]), seed, *limits)
    first = device.replica_id_in_sync_group * shape[0]
    return whole[first : first + shape[0]]


def own(seed):
    """Make a seed of this device's own, for draws that need not be one device's but must differ between devices.

    Args:
        seed: (2,) integers.

    Returns:
        (2,) integers; on the first device, and on a single one, the seed itself.
    """
    device = tf.distribute.get_replica_context()
    if device.num_replicas_in_sync == 1:
        return seed
    place = device.replica_id_in_sync_group
    return tf.where(place == 0, seed, tf.cast(tf.random.experimental.stateless_fold_in(seed, place), seed.dtype))


def gradients(tape, loss, variables):
    """This device's part of the gradient of the mean over the whole batch: Keras' optimisers add the parts up.

    Args:
        tape: A `tf.GradientTape` that watched the loss.
        loss: The mean over this device's images, a scalar.
        variables: List of variables.

    Returns:
        List of tensors, one for each variable.
    """
    devices = tf.distribute.get_replica_context().num_replicas_in_sync
    return tape.gradient(loss, variables, output_gradients=None if devices == 1 else tf.constant(1 / devices))
