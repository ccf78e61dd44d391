"""What several rooms' tests share: a small training, compiled once for each file that uses it."""

import pytest


@pytest.fixture(scope="module")
def batches():
    from small import domain_batches

    return domain_batches()


@pytest.fixture(scope="module")
def opened():
    """(a trainer, its state before the first step, its weights)."""
    from small import small_painter

    from stylekit.training.trainer import Trainer

    trainer = Trainer(small_painter(), seed=5)
    return trainer, trainer.snapshot(), dict(trainer.method.objective.weights.items())


@pytest.fixture
def trainer(opened):
    """A trainer as it was before its first step: one for all, because compiling a step takes seconds."""
    trainer, beginning, weights = opened
    trainer.restore(beginning)
    trainer.method.objective.weights.update(weights)
    return trainer
