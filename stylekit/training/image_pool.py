"""A pool of earlier pictures of a generator, inside the compiled step."""

import tensorflow as tf

from stylekit.errors import SettingError


class ImagePool(tf.Module):
    """Earlier pictures of a generator, which D is shown again so that it does not forget them.

    It lives in variables, inside the compiled step and its checkpoint. Devices that share a batch share the pool.

    Args:
        size: Number of pictures that it holds; 0 for no pool.
        side: Of the pictures, px.

    Raises:
        SettingError: The size is negative.

    Shrivastava et al. 2017, section 2.3.
    """

    def __init__(self, size=50, side=256):
        super().__init__()
        if size < 0:
            raise SettingError(f"The pool's size is {size!r}: wanted 0 for no pool, or more.")
        self.size, self.side = size, side
        one = {"trainable": False, "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA}
        self.pictures = tf.Variable(tf.zeros((size, side, side, 3)), **one)
        self.count = tf.Variable(0, **one)

    def exchange(self, pictures, seed):
        """Put pictures in, and take as many out.

        Until the pool is full, each picture goes in and comes out again. From then on half of the pictures change
        places with a random picture of the pool, and the others come out as they are.

        Args:
            pictures: (batch, side, side, 3).
            seed: Two integers that decide all draws.

        Returns:
            (batch, side, side, 3).
        """
        if not self.size:
            return pictures
        device = tf.distribute.get_replica_context()
        batch = pictures.shape[0]
        if batch is None:
            raise SettingError("The pool wants batches of one size: use dataset.batch(size, drop_remainder=True).")
        count_of_all = batch * device.num_replicas_in_sync
        whole = tf.unstack(tf.ensure_shape(device.all_gather(pictures, 0), (count_of_all, *pictures.shape[1:])))
        coins = tf.random.stateless_uniform((len(whole),), seed)
        places = tf.random.stateless_uniform((len(whole),), seed + 1, maxval=self.size, dtype=tf.int32)
        held, count, given = self.pictures.read_value(), self.count.read_value(), []
        for i, picture in enumerate(whole):
            full = count == self.size
            place, passes_by = tf.where(full, places[i], count), full & (coins[i] < 0.5)
            old = held[place]
            given.append(tf.where(full & ~passes_by, old, picture))
            held = tf.tensor_scatter_nd_update(held, [[place]], [tf.where(passes_by, old, picture)])
            count = tf.minimum(count + 1, self.size)
        self.pictures.assign(held)
        self.count.assign(count)
        first = device.replica_id_in_sync_group * batch
        return tf.stack(given)[first : first + batch]
