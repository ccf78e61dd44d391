"""What a Keras user types first works on every method."""

import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS, dataset, drawn, pictures
from small import small_painter

from stylekit import StylekitError
from stylekit.data.batches import Batches
from stylekit.data.domains import Domain
from stylekit.errors import ImageError, SettingError
from stylekit.methods.dcgan import DCGAN
from stylekit.methods.painter import Painter
from stylekit.methods.single_loss import SingleLoss
from stylekit.training.trainer import Trainer


class Trained:
    """A method after `fit` of two epochs with validation, and what the process's random state was around its build."""

    def __init__(self, name):
        self.name, (self.build, self.side) = name, METHODS[name]
        self.method = self.build()
        self.history = self.method.fit(
            dataset(self.side), epochs=2, validation_data=dataset(self.side, 6, 3), verbose=0
        ).history


@pytest.fixture(scope="module", params=METHODS)
def trained(request):
    return Trained(request.param)


def test_fit_learns_and_its_history_has_every_term_of_training_and_validation(trained):
    history = trained.history
    names = {name for name in history if not name.startswith("val_")}
    assert "loss" in names and set(history) == names | {f"val_{name}" for name in names}
    assert all(len(values) == 2 and np.isfinite(values).all() for values in history.values())
    assert all(history[name][0] != history[name][1] for name in names)
    assert trained.method.iterations == 8  # two epochs of four batches


def test_evaluate_changes_nothing_and_gives_means_over_all_batches(trained):
    method, side = trained.method, trained.side
    before = [variable.numpy() for variable in method.state()]
    both = method.evaluate(dataset(side), verbose=0, return_dict=True)
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(before, method.state(), strict=True))
    assert both == method.evaluate(dataset(side), verbose=0, return_dict=True)
    parts = [dataset(side).take(2), dataset(side).skip(2)]
    term = "discriminator" if "discriminator" in both else "loss"  # what depends on the paintings in every method
    halves = [method.evaluate(part, verbose=0, return_dict=True)[term] for part in parts]
    assert halves[0] != halves[1] and both[term] == pytest.approx(np.mean(halves), rel=1e-4)


def test_summary_and_count_params(trained, capsys):
    trained.method.summary()
    shown = capsys.readouterr().out
    assert f'Model: "{trained.method.name}"' in shown and "Trainable params" in shown
    networks = {id(v): v for layer in trained.method.layers for v in layer.weights}.values()
    assert trained.method.count_params() == sum(int(np.prod(v.shape)) for v in networks) > 0


def test_a_keras_file_keeps_pictures_settings_and_goes_on_training(trained, tmp_path):
    method, side = trained.method, trained.side
    if method.objective:
        method.objective.weights[next(iter(method.objective.weights))] = 0.25
    method.save(tmp_path / "x.keras")
    again = keras.models.load_model(tmp_path / "x.keras")  # in safe mode
    configs = [
        {name: value for name, value in m.get_config().items() if "class_name" not in repr(value)}
        for m in (again, method)
    ]
    assert type(again) is type(method) and configs[0] == configs[1]
    assert np.array_equal(drawn(again, side), drawn(method, side))
    variables = [[*m.weights, *m.generator_optimizer.variables] for m in (again, method)]
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(*variables, strict=True))
    if method.objective:
        assert dict(again.objective.weights) == dict(method.objective.weights)
    again.fit(dataset(side).take(1), verbose=0)
    assert again.iterations == method.iterations + 1


def test_weights_go_into_a_file_and_back(trained, tmp_path):
    path = tmp_path / "x.weights.h5"
    trained.method.save_weights(path)
    other = trained.build()
    assert not np.array_equal(drawn(other, trained.side), drawn(trained.method, trained.side))
    other.load_weights(path)
    assert np.array_equal(drawn(other, trained.side), drawn(trained.method, trained.side))


def test_predict_gives_pictures(trained):
    method, side = trained.method, trained.side
    if trained.name == "painter":
        given = [pictures(3, 2, side), pictures(4, 2, side)]
        assert method.predict(given, verbose=0) == pytest.approx(method(*given), abs=1e-5)
    elif hasattr(method, "sample"):
        noise = np.zeros((2, 4 if trained.name == "progressive" else 100), "float32")
        assert method.predict(noise, verbose=0).shape == (2, side, side, 3)
    else:
        photos = pictures(3, 1, side)
        assert method.predict(photos, verbose=0) == pytest.approx(method(photos), abs=1e-5)


def test_generator_and_discriminator_are_called_so(trained):
    names = ("generator", "discriminator")
    if trained.name == "cyclegan":
        names = [f"{domain}_{name}" for domain in ("painting", "photo") for name in names]
    elif trained.name == "single_loss":
        names = ("generator",)
    for name in names:
        assert isinstance(getattr(trained.method, name), keras.Model)


def test_the_trainer_takes_a_tf_data_dataset_and_does_what_fit_does(trained):
    method, other = trained.build(), trained.build()
    fitted = [method.fit(dataset(trained.side).skip(i).take(1), verbose=0).history for i in range(3)]
    history = Trainer(other, seed=0).fit(dataset(trained.side), 3, progress=False)
    for name, values in history.history.items():
        assert values == pytest.approx([terms[name][0] for terms in fitted], rel=0.01, abs=1e-3), name
        assert history[name].tolist() == pytest.approx(values)


@pytest.mark.parametrize("name", METHODS)
def test_building_a_method_leaves_the_random_state_alone(name):
    def drawn_then():
        # one number from each source; the state before them decides
        return random.random(), np.random.rand(), float(tf.random.uniform(())), float(keras.random.uniform(()))

    first = METHODS[name][0]()
    keras.utils.set_random_seed(1)
    wanted = drawn_then()
    keras.utils.set_random_seed(1)
    type(first)(**first.settings)  # with the same F, which is built elsewhere
    assert drawn_then() == wanted


@pytest.mark.parametrize("name", METHODS)
def test_the_seed_alone_decides_the_first_weights(name):
    build, _ = METHODS[name]
    random.seed(1)
    first = [variable.numpy() for variable in build(seed=3).state()]
    random.seed(2)
    second, other = build(seed=3).state(), build(seed=4).state()
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(first, second, strict=True))
    assert not all(np.array_equal(a, b.numpy()) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("name", [name for name in METHODS if name != "single_loss"])
def test_the_learning_rates_have_their_usual_names(name):
    method = METHODS[name][0](learning_rate=0.125, discriminator_learning_rate=0.25)
    assert float(method.generator_optimizer.learning_rate) == 0.125
    assert float(method.discriminator_optimizer.learning_rate) == 0.25


# --- once is enough ---------------------------------------------------------------------------------------------------


def test_fit_takes_stylekits_own_batches():
    orange = Domain("orange", [np.full((30, 30, 3), [0.8, 0.1, -0.7], "float32")] * 3)
    gan = DCGAN(width=2)
    history = gan.fit(Batches(orange, orange, crop=28, batch_size=2).dataset(), epochs=3, steps_per_epoch=2, verbose=0)
    assert len(history.history["generator"]) == 3 and gan.iterations == 6


def test_fit_takes_arrays_and_batch_size():
    gan = DCGAN(width=2)
    gan.fit(pictures(1, 6, 28), pictures(2, 6, 28), batch_size=3, verbose=0)
    assert gan.iterations == 2


def test_every_callback_of_keras_works_in_fit(tmp_path):
    gan = DCGAN(width=2)
    callbacks = [
        keras.callbacks.TensorBoard(tmp_path / "logs"),
        keras.callbacks.EarlyStopping("loss", patience=1, min_delta=100),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras"),
        keras.callbacks.TerminateOnNaN(),
    ]
    gan.fit(dataset(28), epochs=5, verbose=0, callbacks=callbacks)
    assert gan.iterations == 8  # stopped after the second of five epochs
    assert np.array_equal(keras.models.load_model(tmp_path / "2.keras").sample(2), gan.sample(2))
    assert (tmp_path / "log.csv").read_text().startswith("epoch,discriminator,generator,loss")
    assert list((tmp_path / "logs" / "train").glob("events*"))


def test_fit_stops_at_a_number_that_is_none():
    gan = DCGAN(width=2)
    gan.generator.trainable_variables[0].assign(gan.generator.trainable_variables[0] * np.nan)
    history = gan.fit(dataset(28), epochs=3, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()]).history
    assert len(history["loss"]) == 1 and gan.iterations == 1


def test_compile_changes_the_optimisers_and_a_file_keeps_them(tmp_path):
    gan = DCGAN(width=2)
    kept = gan.discriminator_optimizer
    gan.compile(generator_optimizer=keras.optimizers.SGD(0.5))
    assert gan.discriminator_optimizer is kept
    gan.fit(dataset(28), verbose=0)
    gan.save(tmp_path / "x.keras")
    again = keras.models.load_model(tmp_path / "x.keras")
    assert isinstance(again.generator_optimizer, keras.optimizers.SGD)
    assert float(again.generator_optimizer.learning_rate) == 0.5 and again.iterations == 4


def test_compile_with_a_loss_is_told_in_a_sentence():
    with pytest.raises(SettingError, match="DCGAN.compile has no 'loss'.* wanted generator_optimizer, disc"):
        DCGAN(width=2).compile(loss="mse")


def test_wrong_data_is_told_in_a_sentence():
    gan = DCGAN(width=2)
    with pytest.raises(SettingError, match=r"batches of \(photos, paintings\)"):
        gan.fit(pictures(1, 4, 28), verbose=0)
    with pytest.raises(ImageError, match="32 x 32 px, but this G makes pictures of 28 px"):
        gan.fit(dataset(32), verbose=0)


def test_a_schedule_and_a_precision_survive_the_file(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        gan = DCGAN(width=2, learning_rate=keras.optimizers.schedules.CosineDecay(0.01, 10))
    finally:
        keras.config.set_dtype_policy("float32")
    gan.save(tmp_path / "x.keras")
    again = keras.models.load_model(tmp_path / "x.keras")
    assert again.generator.layers[0].compute_dtype == "bfloat16" and keras.config.dtype_policy().name == "float32"
    assert again.get_config()["learning_rate"] == gan.get_config()["learning_rate"]
    assert np.array_equal(again.sample(2), gan.sample(2))


def test_a_lambda_is_refused_where_a_file_is_read_in_safe_mode(tmp_path):
    SingleLoss(lambda generated, photos, paintings: generated[:, 0, 0, 0], 4, 1).save(tmp_path / "x.keras")
    with pytest.raises(ValueError, match="unsafe"):
        keras.models.load_model(tmp_path / "x.keras")


def test_a_painter_writes_two_kinds_of_file(tmp_path):
    painter = small_painter()
    assert painter.save(tmp_path / "p.npz").stat().st_size < painter.save(tmp_path / "p.keras").stat().st_size
    with pytest.raises(ValueError, match="filepath extension"):
        painter.save(tmp_path / "p")


def test_a_new_process_reads_a_painters_file(tmp_path):
    painter = Painter(width=4, blocks=1)
    painter.save(tmp_path / "p.keras")
    x, y = pictures(1, 1, 16), pictures(2, 1, 16)
    np.save(tmp_path / "wanted.npy", painter(x, y))
    np.save(tmp_path / "pictures.npy", [x, y])
    code = (
        "import keras, numpy as np, stylekit.methods.painter; p = keras.models.load_model('p.keras');"
        "assert np.abs(p(*np.load('pictures.npy')) - np.load('wanted.npy')).max() < 1e-6"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_errors_are_of_one_family():
    assert issubclass(SettingError, StylekitError) and issubclass(ImageError, StylekitError)
