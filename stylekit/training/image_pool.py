"""A pool of pictures that a generator made some time ago, inside the compiled step."""

import tensorflow as tf

from stylekit.errors import SettingError


class ImagePool(tf.Module):
    """Pictures that a generator made some time ago, so that D does not forget them. Shrivastava et al. 2017, 2.3.

    It lives in variables, inside the compiled step and its checkpoint, and is one for all devices that share a batch.
    size: pictures that it holds; 0 for none. side: theirs, px.
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
        """Put pictures (batch, side, side, 3) in, and take as many out.

        Until the pool is full, every picture goes in and comes out again. From then on one in two changes places with
        a picture of the pool, drawn by chance; the others pass by. seed: two integers that decide both.
        Returns (batch, side, side, 3).
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
