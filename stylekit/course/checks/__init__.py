"""The checks behind the exercises of the lessons: each takes a learner's answer and says what is wrong with it.

A check never raises for a wrong answer. It gives a `Verdict`: true or false, and a sentence to go on with.
"""

from stylekit.course.checks.adversarial import generator_loss, hinge_loss
from stylekit.course.checks.article import adversarial_value, side_after
from stylekit.course.checks.content import content_loss, f_constancy
from stylekit.course.checks.cycle import cycle_terms, exchange
from stylekit.course.checks.data import denormalise, normalise, pair_up
from stylekit.course.checks.failures import diagnose, diversity
from stylekit.course.checks.game import least_loss, optimal_discriminator
from stylekit.course.checks.growing import fade_in, minibatch_deviation
from stylekit.course.checks.networks import adain, receptive_field
from stylekit.course.checks.own import better_match, stable_split
from stylekit.course.checks.paired import paired_loss, safest_answer
from stylekit.course.checks.style import gram_matrix, moment_distance
from stylekit.course.checks.training import goes_on_from, moving_average
from stylekit.course.checks.transfer import ternary_loss, transfer_terms
from stylekit.course.checks.verdict import Verdict
from stylekit.course.checks.weights import balance, weights_from_shares

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
