"""The weighted sum of the loss terms, with weights that can change at any time."""

import math
from collections.abc import MutableMapping

import keras
from keras import ops

from stylekit.errors import SettingError


class LiveWeights(MutableMapping):
    """Loss weights by name. Each is a variable: a new value acts at the next step, and nothing is compiled anew.

    Args:
        values: Dict name -> number >= 0.

    Raises:
        SettingError: A weight is not a finite number >= 0, or there is no such term.
    """

    def __init__(self, values):
        self.variables = {name: keras.Variable(0.0, trainable=False, dtype="float32", name=name) for name in values}
        self.update(values)

    def __getitem__(self, name):
        return float(ops.convert_to_numpy(self._variable(name)))

    def __setitem__(self, name, value):
        if not (isinstance(value, (int, float)) and math.isfinite(value) and value >= 0):
            raise SettingError(f"The weight of {name!r} is {value!r}: wanted a finite number >= 0.")
        self._variable(name).assign(value)

    def _variable(self, name):
        if name not in self.variables:
            raise SettingError(f"There is no term {name!r}: this objective has {', '.join(self.variables)}.")
        return self.variables[name]

    def __delitem__(self, name):
        raise SettingError(f"The term {name!r} cannot be removed: set its weight to 0.")

    def __iter__(self):
        return iter(self.variables)

    def __len__(self):
        return len(self.variables)

    def __repr__(self):
        return f"LiveWeights({dict(self)})"


@keras.saving.register_keras_serializable("stylekit")
class Objective:
    """What G minimises: the sum of its terms, each times its weight.

    >>> objective = Objective(adversarial=1.0, content=10.0, style=5.0)
    >>> objective.weights["style"] = 2.0

    Args:
        **weights: Weight of each term, >= 0.

    Raises:
        SettingError: There is no term, or a weight makes no sense.
    """

    def __init__(self, **weights):
        if not weights:
            raise SettingError("An objective needs at least one term, as in Objective(content=1.0).")
        self.weights = LiveWeights(weights)

    def get_config(self):
        """The weights as they are now, dict name -> float."""
        return dict(self.weights)

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def weighted(self, terms, emphasis=None):
        """Each term times its weight, per image.

        Args:
            terms: Dict name -> (batch,).
            emphasis: (batch, number of terms) or None: a factor for each image and term, in the order of the weights.
                It is divided by its sum, so that an image with large factors does not pull harder.

        Returns:
            Dict name -> (batch,).

        Raises:
            SettingError: Terms and weights have different names.
        """
        if set(terms) != set(self.weights):
            raise SettingError(f"The terms are {sorted(terms)}, the weights {sorted(self.weights)}: wanted the same.")
        weighted = {name: variable * terms[name] for name, variable in self.weights.variables.items()}
        if emphasis is not None:
            share = emphasis / ops.sum(emphasis, axis=1, keepdims=True)
            weighted = {name: value * share[:, i] for i, (name, value) in enumerate(weighted.items())}
        return weighted

    def __call__(self, terms, emphasis=None):
        """The mean over the batch of the weighted sum: a number to minimise. Arguments as for `weighted`."""
        return ops.mean(sum(self.weighted(terms, emphasis).values()))


def gradient_norms(tape, terms, variables):
    """How hard each term pulls: the length of the gradient of its mean over the batch.

    Args:
        tape: A persistent `tf.GradientTape` that watched the terms.
        terms: Dict name -> (batch,).
        variables: List of G's variables.

    Returns:
        Dict name -> scalar >= 0.
    """
    norms = {}
    for name, values in terms.items():
        gradients = tape.gradient(values, variables, unconnected_gradients="zero")  # of the sum over the batch
        squares = sum(ops.sum(ops.square(gradient)) for gradient in gradients)
        norms[name] = ops.sqrt(squares) / values.shape[0]
    return norms


def gradient_shares(norms, weights):
    """How hard each weighted term pulls, as a share of all: w_i |grad L_i| / sum_k w_k |grad L_k|.

    Args:
        norms: Dict name -> length of the gradient of the term alone.
        weights: Dict name -> weight.

    Returns:
        Dict name -> float in [0, 1] with the sum 1; all 0 where nothing pulls.

    After Chen et al. 2018 (GradNorm).
    """
    pulls = {name: weights[name] * norm for name, norm in norms.items()}
    total = sum(pulls.values())
    return {name: pull / total if total else 0.0 for name, pull in pulls.items()}


def starting_weights(norms, shares):
    """Weights under which each term pulls with the share that is wanted: w_i = share_i / |grad L_i|.

    Args:
        norms: Dict name -> length of the gradient of the term alone, at the beginning of a training.
        shares: Dict name -> share wanted, >= 0, in any unit.

    Returns:
        Dict name -> weight, the largest 1. Only their ratios matter, because Adam divides by the length of the whole
        gradient.

    Raises:
        SettingError: The shares are of other terms, negative or all 0, or a term that should pull has no gradient.
    """
    if set(shares) != set(norms):
        raise SettingError(f"The shares are for {sorted(shares)}, the terms {sorted(norms)}: wanted the same.")
    if not (all(share >= 0 for share in shares.values()) and any(shares.values())):
        raise SettingError(f"The shares are {shares}: wanted numbers >= 0, not all 0.")
    still = [name for name, share in shares.items() if share and not norms[name] > 0]
    if still:
        raise SettingError(f"The {still[0]} term has no gradient here: no weight lets it pull. Give it the share 0.")
    weights = {name: share / norms[name] if share else 0.0 for name, share in shares.items()}
    return {name: weight / max(weights.values()) for name, weight in weights.items()}
