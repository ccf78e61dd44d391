"""The checks behind the exercises of the lessons: each takes a learner's answer and says what is wrong with it.

A check never raises for a wrong answer. It gives a `Verdict`: true or false, and a sentence to go on with.
"""

from stylekit.checks.adversarial import generator_loss, hinge_loss
from stylekit.checks.article import adversarial_value, side_after
from stylekit.checks.content import content_loss, f_constancy
from stylekit.checks.cycle import cycle_terms, exchange
from stylekit.checks.data import denormalise, normalise, pair_up
from stylekit.checks.failures import diagnose, diversity
from stylekit.checks.game import least_loss, optimal_discriminator
from stylekit.checks.growing import fade_in, minibatch_deviation
from stylekit.checks.networks import adain, receptive_field
from stylekit.checks.own import better_match, stable_split
from stylekit.checks.paired import paired_loss, safest_answer
from stylekit.checks.style import gram_matrix, moment_distance
from stylekit.checks.training import goes_on_from, moving_average
from stylekit.checks.transfer import ternary_loss, transfer_terms
from stylekit.checks.verdict import Verdict
from stylekit.checks.weights import balance, weights_from_shares

__all__ = [
    "Verdict",
    "adain",
    "adversarial_value",
    "balance",
    "better_match",
    "content_loss",
    "cycle_terms",
    "denormalise",
    "diagnose",
    "diversity",
    "exchange",
    "f_constancy",
    "fade_in",
    "generator_loss",
    "goes_on_from",
    "gram_matrix",
    "hinge_loss",
    "least_loss",
    "minibatch_deviation",
    "moment_distance",
    "moving_average",
    "normalise",
    "optimal_discriminator",
    "pair_up",
    "paired_loss",
    "receptive_field",
    "safest_answer",
    "side_after",
    "stable_split",
    "ternary_loss",
    "transfer_terms",
    "weights_from_shares",
]
