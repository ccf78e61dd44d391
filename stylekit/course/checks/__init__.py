"""The checks behind the exercises of the lessons: each takes a learner's answer and says what is wrong with it.

A check never raises an error for a wrong answer. It returns a `Verdict`: right or wrong, and a sentence that helps.
"""

from stylekit.course.checks.foundations.article import adversarial_value, side_after
from stylekit.course.checks.foundations.data import denormalise, normalise, pair_up
from stylekit.course.checks.foundations.game import least_loss, optimal_discriminator
from stylekit.course.checks.foundations.networks import adain, receptive_field
from stylekit.course.checks.losses.adversarial import generator_loss, hinge_loss
from stylekit.course.checks.losses.content import content_loss, f_constancy
from stylekit.course.checks.losses.style import gram_matrix, moment_distance
from stylekit.course.checks.losses.weights import balance, weights_from_shares
from stylekit.course.checks.methods.cycle import cycle_terms, exchange
from stylekit.course.checks.methods.growing import fade_in, minibatch_deviation
from stylekit.course.checks.methods.paired import paired_loss, safest_answer
from stylekit.course.checks.methods.transfer import ternary_loss, transfer_terms
from stylekit.course.checks.training.failures import diagnose, diversity
from stylekit.course.checks.training.loop import goes_on_from, moving_average
from stylekit.course.checks.training.own import better_match, stable_split
from stylekit.course.checks.verdict import Verdict

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
