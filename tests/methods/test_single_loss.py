"""The smallest method: it makes its loss small, alone, and the trainer can keep it."""

import numpy as np
import pytest
import tensorflow as tf

from stylekit import images
from stylekit.data import domains
from stylekit.data.batches import Batches
from stylekit.errors import ImageError
from stylekit.methods.single_loss import SingleLoss
from stylekit.nn import losses
from stylekit.training.trainer import Trainer


def darker():
    return SingleLoss(lambda generated, photos, paintings: losses.pixel_style_loss(generated, photos / 2 - 0.5), 4, 1)


def batches(**settings):
    photos = domains.photos(32, "test")
    return Batches(photos, photos, crop=16, batch_size=2, **settings)


def test_it_learns_what_the_loss_wants():
    history = Trainer(darker()).fit(batches(), 80, progress=False)
    assert history["loss"][-10:].mean() < 0.6 * history["loss"][:5].mean()


def test_the_loss_sees_generated_photos_and_paintings_in_this_order():
    photos, paintings = (tf.fill((2, 16, 16, 3), value) for value in (0.25, 0.75))
    method = SingleLoss(lambda generated, photos, paintings: losses.per_image_mean(generated + 10 * photos), 4, 1)
    generated = method(photos.numpy())
    terms = Trainer(method).train_step(photos, paintings)
    assert float(terms["loss"]) == pytest.approx(generated.mean() + 2.5, abs=1e-3)
    method = SingleLoss(lambda generated, photos, paintings: losses.per_image_mean(generated + 10 * paintings), 4, 1)
    terms = Trainer(method).train_step(photos, paintings)
    assert float(terms["loss"]) == pytest.approx(generated.mean() + 7.5, abs=1e-3)


def test_the_same_seed_gives_the_same_run():
    runs = [Trainer(darker()).fit(batches(seed=3), 5, progress=False)["loss"] for _ in range(2)]
    assert runs[0] == pytest.approx(runs[1], rel=1e-4)


def test_a_run_is_kept_and_goes_on(tmp_path):
    trainer = Trainer(darker(), tmp_path)
    trainer.fit(batches(), 3, progress=False)
    again = Trainer(darker(), tmp_path)
    assert again.resume() == 3
    photo = images.fit(domains.photos(32, "test")[0], 32)
    assert np.array_equal(again.method(photo), trainer.method(photo))


def test_pictures_of_any_size_that_is_a_multiple_of_4():
    method = darker()
    photo = images.fit(domains.photos(32, "test")[0], (20, 28))
    assert method(photo).shape == photo.shape and np.abs(method(photo)).max() <= 1
    assert method(photo[None])[0] == pytest.approx(method(photo), abs=1e-5)
    with pytest.raises(ImageError, match="30 x 20 px: wanted sides that are multiples of 4"):
        method(images.fit(photo, (20, 30)))
