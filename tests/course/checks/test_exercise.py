"""What checks share: the right answer passes, and a slip, a shape or a number that is wrong has its sentence."""

import numpy as np
import pytest

from stylekit.course.checks.exercise import Exercise, apart, per_picture, results, tell_slip
from stylekit.course.checks.verdict import Wrong

WANTED = np.array([1.0, -2.0])
EXERCISE = Exercise(
    WANTED, [(-WANTED, "the sign."), (WANTED.mean(), "one for all."), (-WANTED, "never.")], about="it: "
)


@pytest.mark.parametrize("right", [WANTED, [1, -2], WANTED.astype("float32") + 1e-6, (1.0, -2.001)])
def test_the_right_answer_passes_in_any_form_and_up_to_rounding(right):
    EXERCISE.judge(right)


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ([-1, 2], "it: the sign."),
        (-0.5, "it: one for all."),
        ([[1, -2]], "it: found shape (1, 2), wanted (2,): a number for each picture."),
        ([1.5, -2], "it: for the first picture you give 1.5000, wanted 1.0000."),
        ([1, -2.1], "it: for picture 2 you give -2.1000, wanted -2.0000."),
        ([np.nan, -2], "some values are NaN or infinite; look for a division by zero."),
        (["a", "b"], "wanted an array of numbers, found <U1."),
        ([[1], [2, 3]], "wanted an array of numbers, found list."),
    ],
)
def test_a_wrong_answer_is_told_why(wrong, sentence):
    with pytest.raises(Wrong) as told:
        EXERCISE.judge(wrong)
    assert str(told.value) == sentence


def test_a_number_and_a_map_are_told_by_their_own_entries():
    with pytest.raises(Wrong, match=r"^you give 3.0000, wanted 2.0000: halve it\.$"):
        Exercise(2.0, [], hint="halve it").judge(3)
    maps = np.zeros((2, 2, 3))
    maps[1, 0, 2] = 5
    with pytest.raises(Wrong, match=r"^entry \(0, 2\) of picture 1 is 0.0000, wanted 5.0000\.$"):
        Exercise(maps, []).judge(np.zeros((2, 2, 3)))


def test_only_what_is_near_enough_is_a_slip():
    tell_slip(1.01, [(1.0, "no.")])
    with pytest.raises(Wrong, match="no"):
        tell_slip(1.01, [(1.0, "no.")], atol=0.1)


def test_words_are_no_slip_and_no_error():
    with pytest.raises(Wrong, match="wanted an array of numbers"):
        tell_slip("twelve", [(12, "no.")])


def test_several_results_are_counted():
    assert results([1, 2], 2, "two.") == (1, 2)
    for wrong in ([1], np.array(1.0), 5, [1, 2, 3]):
        with pytest.raises(Wrong, match="two"):
            results(wrong, 2, "two.")


def test_means_of_pictures():
    pictures = np.arange(12.0).reshape(2, 2, 3)
    assert per_picture(pictures).tolist() == [2.5, 8.5]
    assert apart(pictures, pictures[::-1]).tolist() == [6, 6]
