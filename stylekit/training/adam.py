"""Keras' Adam, whose update of a variable is one operation, and one pass over memory.

Keras writes it as two dozen operations, each of which reads and writes arrays as large as the network. For the 57
million weights of the paper's pix2pix that is a quarter of a step on a CPU; `benchmarks/pix2pix_step.py` measures it.
For the painter's 73 small variables it is a third of the time to compile a step.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("stylekit")
class Adam(keras.optimizers.Adam):
    """Keras' optimiser of this name, with the same arguments, numbers and checkpoints, but faster.

    With `amsgrad=True` it is Keras' own, slow way.

    Kingma and Ba 2015, in the form that precedes their section 2.1.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable: the method that Keras means to be written anew by an optimiser."""
        if self.amsgrad:
            return super().update_step(gradient, variable, learning_rate)
        # the moments and their order are Keras' own, which has no public name for them
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, tf.float32)
        corrected = learning_rate * (tf.sqrt(1 - tf.pow(self.beta_2, step)) / (1 - tf.pow(self.beta_1, step)))
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[index]),
            v=_handle(self._velocities[index]),
            beta1_power=0.0,  # the rate is corrected already for moments that start at 0
            beta2_power=0.0,
            lr=tf.cast(corrected, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )


def _handle(variable):
    """TensorFlow's reference to a variable, which Keras may have wrapped."""
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle
