"""The checks of lesson 10 accept every right answer, and name the mistake in a wrong one."""

import random
import zlib

import pytest

from stylekit.course.checks.training import own


def one(names):
    return ["test" if zlib.crc32(name.encode()) % 5 == 0 else "train" for name in names]


def another(names):
    return tuple("test" if sum(map(ord, name)) % 5 == 2 else "train" for name in names)


@pytest.mark.parametrize("answer", [one, another])
def test_a_split_by_name_is_right(answer):
    assert own.stable_split(answer)


def by_place(names):
    return ["test" if i % 5 == 0 else "train" for i in range(len(names))]


def by_chance(names):
    return [random.choice(["train"] * 4 + ["test"]) for _ in names]


def by_seeded_chance(names):
    return random.Random(0).choices(["train", "train", "train", "train", "test"], k=len(names))


def by_rank(names):
    ranks = {name: i for i, name in enumerate(sorted(names))}
    return ["test" if ranks[name] % 5 == 0 else "train" for name in names]


@pytest.mark.parametrize(
    "answer, hint",
    [
        (by_chance, "asked twice"),
        (by_place, "order"),
        (by_seeded_chance, "order"),
        (by_rank, "fewer files"),
        (lambda names: ["test" if hash(name) % 5 == 0 else "train" for name in names], "crc32"),
        (lambda names: ["train"] * len(names), "nothing is left for testing"),
        (lambda names: ["test"] * len(names), "nothing is left for training"),
        (lambda names: ["test" if zlib.crc32(name.encode()) % 2 else "train" for name in names], "one in five"),
        (lambda names: one(names)[:-1], "one for each"),
        (lambda names: [name.endswith("0.jpg") for name in names], "only the words"),
        (lambda names: "train", "found str"),
        (lambda names: None, "nothing yet"),
        (lambda names: 1 / 0, "ZeroDivisionError"),
        ("train", "function itself"),
    ],
)
def test_a_wrong_split_is_named(answer, hint):
    verdict = own.stable_split(answer)
    assert not verdict and hint in verdict.sentence


def better(before, after, tolerance):
    return after[1] < before[1] and after[0] <= before[0] + tolerance


def test_a_better_match_is_right():
    assert own.better_match(better)


@pytest.mark.parametrize(
    "answer, hint",
    [
        (lambda before, after, tolerance: after[1] < before[1], "photo got lost"),
        (lambda before, after, tolerance: after[1] > before[1], "style fell by half"),
        (lambda before, after, far: after[1] <= before[1] and after[0] <= before[0] + far, "no better match"),
        (lambda before, after, tolerance: after[1] < before[1] and after[0] < before[0] + 0.05, "0.02 was allowed"),
        (lambda before, after, tolerance: after[1] < before[1] and abs(after[0] - before[0]) < tolerance, "no fault"),
        (lambda before, after, tolerance: after[0] <= before[0] + tolerance, "it grew"),
        (lambda before, after, tolerance: after[1] - before[1], "True or False"),
        (lambda before, after, tolerance: None, "nothing yet"),
    ],
)
def test_a_wrong_judgement_is_named(answer, hint):
    verdict = own.better_match(answer)
    assert not verdict and hint in verdict.sentence
