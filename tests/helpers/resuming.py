"""A run that stops halfway, and goes on in another trainer."""

import shutil

import numpy as np

from stylekit.training.trainer import Trainer


def check_goes_on(build, batches, directory, at_half=lambda method: None):
    """A run goes on from its checkpoint as if it had never stopped, bit for bit. Returns both trainers, first the one
    that never did.

    build: build(seed=...) makes the method. at_half: what to do to the method after three steps of six.
    """
    whole = Trainer(build(), directory / "whole")
    whole.fit(batches, 3, progress=False)
    at_half(whole.method)
    whole.save()
    shutil.copytree(directory / "whole", directory / "half")
    whole.fit(batches, 3, progress=False)
    resumed = Trainer(build(seed=9), directory / "half")
    assert resumed.resume() == 3
    resumed.fit(batches, 3, progress=False)
    assert all(np.array_equal(a, b) for a, b in zip(whole.snapshot(), resumed.snapshot(), strict=True))
    return whole, resumed
