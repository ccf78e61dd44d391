"""The feature extractor: its numbers are those of the published network, and what cannot be had is named."""

import os
import subprocess
import sys

import convert_efficientnet
import keras
import measure_typical_statistics
import numpy as np
import pytest

from stylekit import files
from stylekit.data import domains
from stylekit.errors import DataError, SettingError
from stylekit.files import data_file, read_arrays
from stylekit.nn import features
from stylekit.nn.features import feature_extractor


@pytest.fixture(scope="module")
def extractor():
    return feature_extractor()


# --- EfficientNet-Lite0 -----------------------------------------------------------------------------------------------

# Made with torch 2.14 and the package efficientnet-lite-pytorch 0.1.0 from the same file of weights, in eval mode, on
# formula_picture(): the output of the stem, and of the depthwise convolution with batch norm and ReLU6 in blocks
# 1, 3, 5 and 8. Each row: mean and deviation of all values, mean over the channels at row 1, column 2, and the
# largest channel in the last corner.
REFERENCE = {
    0: (2.0981, 2.0304, 2.1723, 6.0000),
    1: (2.3747, 2.2152, 1.6354, 6.0000),
    3: (0.8244, 1.3197, 0.7034, 6.0000),
    5: (0.5364, 1.0310, 0.5134, 5.1378),
    8: (0.3203, 0.7725, 0.2832, 6.0000),
}
SHIPPED = data_file("weights/efficientnet_lite0.npz")


def formula_picture():
    positions = np.arange(64 * 96 * 3, dtype="float64").reshape(1, 64, 96, 3)
    return np.sin(0.37 * np.sqrt(positions)).astype("float32")


@pytest.mark.parametrize("pictures", [1, 2])
def test_features_are_those_of_the_published_network(pictures):
    extractor = feature_extractor(depths=tuple(REFERENCE))
    for maps, expected in zip(extractor(formula_picture().repeat(pictures, axis=0)), REFERENCE.values(), strict=True):
        maps = np.asarray(maps, "float64")[-1]
        found = maps.mean(), maps.std(), maps[1, 2].mean(), maps[-1, -1].max()
        assert found == pytest.approx(expected, abs=2e-4)


def test_maps_come_finest_first_and_shrink_with_their_depth(extractor):
    maps = extractor(np.zeros((2, 64, 96, 3), "float32"))
    assert [tuple(m.shape[1:3]) for m in maps] == [(32, 48), (32, 48), (16, 24), (8, 12), (4, 6)]
    assert all(m.shape[0] == 2 for m in maps)
    channels = [m.shape[-1] for m in maps]
    assert channels == sorted(channels)


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (50, 31)])
def test_pictures_may_have_any_size(extractor, size):
    assert all(np.isfinite(maps).all() for maps in extractor(np.ones((1, *size, 3), "float32")))


def test_each_picture_is_seen_on_its_own(extractor):
    pictures = np.random.default_rng(1).uniform(-1, 1, (3, 32, 32, 3)).astype("float32")
    for together, alone in zip(extractor(pictures), extractor(pictures[1:2]), strict=True):
        np.testing.assert_allclose(together[1:2], alone, atol=1e-4)


def test_one_depth_gives_a_list_of_one_map():
    maps = feature_extractor(depths=(2,))(np.zeros((1, 32, 32, 3), "float32"))
    assert isinstance(maps, list) and len(maps) == 1 and maps[0].shape[1:3] == (8, 8)


def test_f_never_trains(extractor):
    assert extractor.trainable_variables == []
    assert feature_extractor(tiny_network()).trainable_variables == []


@pytest.mark.parametrize("depths", [(9,), (-1,), (0, 99), (1.5,), ("block1_conv1",), (), "stem", 9])
def test_depths_that_are_not_shipped_are_refused_with_those_that_are(depths):
    for use in (lambda: feature_extractor(depths=depths), lambda: features.typical_statistics(depths)):
        with pytest.raises(SettingError, match="has the depths 0 to 8"):
            use()


def test_every_shipped_depth_can_be_had_alone():
    pictures = np.ones((1, 32, 32, 3), "float32")
    for depth, maps in enumerate(feature_extractor(depths=range(9))(pictures)):
        (alone,) = feature_extractor(depths=(depth,))(pictures)
        np.testing.assert_allclose(alone, maps, atol=1e-5)


def test_unknown_networks_are_refused():
    for network in ("vgg16", "", None, 3):
        with pytest.raises(SettingError, match="Unknown feature extractor"):
            feature_extractor(network)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder of the test's own, in the place of the shipped one."""
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(files, "DATA_FOLDERS", (tmp_path,))
    return tmp_path / "weights"


def test_missing_weights_are_named(data):
    with pytest.raises(DataError, match="weights/efficientnet_lite0.npz is missing"):
        feature_extractor()


def test_damaged_weights_are_named(data):
    (data / "efficientnet_lite0.npz").write_bytes(SHIPPED.read_bytes()[:-1000])
    with pytest.raises(DataError, match="efficientnet_lite0.npz is not a readable file of arrays"):
        feature_extractor()


def test_weights_of_another_network_are_named(data):
    for arrays in ({}, {"stem/kernel": np.zeros((3, 3, 3, 31)), "stem/bias": np.zeros(31)}):
        np.savez(data / "efficientnet_lite0.npz", **arrays)
        with pytest.raises(DataError, match="does not hold the weights of EfficientNet-Lite0"):
            feature_extractor()


def test_the_conversion_folds_each_batch_norm_into_its_convolution():
    """The shipped kernels are those of the script; here the arithmetic, on random numbers in place of the package."""
    random, shipped = np.random.default_rng(1), read_arrays(SHIPPED)
    weights = {}
    for layer, convolution, norm in convert_efficientnet.shipped_layers():
        kernel = shipped[f"{layer}/kernel"]
        shape = kernel.transpose((2, 3, 0, 1) if layer.endswith("depthwise") else (3, 2, 0, 1)).shape
        weights[f"{convolution}.weight"] = random.normal(size=shape).astype("float32")
        for part in ("weight", "bias", "running_mean", "running_var"):
            weights[f"{norm}.{part}"] = random.uniform(0.5, 1.5, shape[0]).astype("float32")
    arrays = convert_efficientnet.converted(weights)
    assert {name: a.shape for name, a in arrays.items()} == {name: a.shape for name, a in shipped.items()}
    assert all(array.dtype == "float32" for array in (*arrays.values(), *shipped.values()))

    x = random.normal(size=(1, 9, 9, 16)).astype("float32")
    plain = keras.layers.Conv2D(96, 1, use_bias=False)
    norm = keras.layers.BatchNormalization(epsilon=1e-3)
    norm(plain(x))
    plain.set_weights([weights["_blocks.1._expand_conv.weight"].transpose(2, 3, 1, 0)])
    norm.set_weights([weights[f"_blocks.1._bn0.{p}"] for p in ("weight", "bias", "running_mean", "running_var")])
    once = keras.ops.conv(x, arrays["block2_expand/kernel"]) + arrays["block2_expand/bias"]
    np.testing.assert_allclose(once, norm(plain(x)), atol=1e-4)


def test_f_comes_back_from_a_file_of_keras(tmp_path):
    picture = np.ones((1, 32, 32, 3), "float32")
    for extractor in (
        feature_extractor(depths=(0, 2)),
        feature_extractor(depths=(2,)),
        feature_extractor(tiny_network()),
    ):
        extractor.save(tmp_path / "f.keras")
        again = keras.models.load_model(tmp_path / "f.keras")
        assert again.depths == extractor.depths and again.trainable_variables == []
        assert all(np.array_equal(a, b) for a, b in zip(again(picture), extractor(picture), strict=True))


# --- other networks ---------------------------------------------------------------------------------------------------


def tiny_network():
    pictures = keras.layers.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", name="fine")(pictures)
    x = keras.layers.Conv2D(5, 3, 2, padding="same", name="coarse")(x)
    return keras.Model(pictures, keras.layers.Conv2D(6, 1, name="last")(x))


def test_a_network_of_ones_own_gives_the_maps_of_the_named_layers():
    network, picture = tiny_network(), np.ones((1, 8, 8, 3), "float32")
    fine, coarse = feature_extractor(network, depths=("fine", "coarse"))(picture)
    np.testing.assert_allclose(fine, network.get_layer("fine")(picture), atol=1e-6)
    assert coarse.shape == (1, 4, 4, 5)


def test_without_names_it_gives_what_the_network_returns():
    network, picture = tiny_network(), np.ones((1, 8, 8, 3), "float32")
    (last,) = feature_extractor(network)(picture)
    np.testing.assert_allclose(last, network(picture), atol=1e-6)


def test_layers_that_the_network_does_not_have_are_refused_with_those_it_has():
    with pytest.raises(SettingError, match="no layer 'middle': it has .*fine, coarse, last"):
        feature_extractor(tiny_network(), depths=("fine", "middle"))


def test_vgg19_is_given_pictures_as_it_was_trained_on(monkeypatch):
    """Its weights cannot be had offline: here with random ones, to see what goes in and what comes out."""
    network = keras.applications.VGG19(include_top=False, weights=None)
    monkeypatch.setattr(keras.applications, "VGG19", lambda **_: network)
    picture = np.random.default_rng(1).uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    maps = feature_extractor("vgg19")(picture)
    assert [m.shape[-1] for m in maps] == [64, 128, 256, 512]
    expected = network.get_layer("block1_conv1")(keras.applications.vgg19.preprocess_input((picture + 1) * 127.5))
    np.testing.assert_allclose(maps[0], expected, atol=1e-3)


@pytest.mark.slow
def test_vgg19_without_a_network_says_so(tmp_path):
    code = """
from stylekit.errors import DataError
from stylekit.nn.features import feature_extractor
try:
    feature_extractor("vgg19")
except DataError as error:
    print("DataError:", error)
"""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {**os.environ, **nowhere, "no_proxy": "", "NO_PROXY": "", "KERAS_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "DataError: VGG19's weights (80 MB) could not be downloaded" in done.stdout, done.stderr


# --- typical statistics ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_typical_statistics_are_those_that_the_script_measures():
    for name, measured in measure_typical_statistics.measured().items():
        shipped = read_arrays(data_file("weights/typical_statistics.npz"))[name]
        assert shipped.dtype == measured.dtype == "float32"
        np.testing.assert_allclose(shipped, measured, rtol=0, atol=1e-4)


@pytest.mark.parametrize("depths", [features.DEPTHS, (4, 2)])
def test_typical_statistics_follow_the_depths(depths):
    extractor = feature_extractor(depths=depths)
    assert np.array_equal(extractor.typical, features.typical_statistics(depths))
    measured = features.measured_statistics(extractor, domains.photos(size=128, split="train"))
    np.testing.assert_allclose(extractor.typical, measured, rtol=0, atol=1e-4)


def test_what_is_typical_of_another_network_is_not_known():
    assert feature_extractor(tiny_network()).typical is None


def test_statistics_are_measured_on_four_crops_of_each_photo():
    """By hand: on a photo of 8 x 12 px the crops are 6 px wide and begin at 0 or 2 px, in both directions."""
    photo = np.random.default_rng(1).uniform(-1, 1, (8, 12, 3)).astype("float32")
    crops = [photo[:6, :6], photo[:6, 2:8], photo[2:, :6], photo[2:, 2:8]]
    mean, deviation = features.measured_statistics(lambda pictures: [], [photo])
    np.testing.assert_allclose(mean[:3], np.mean([crop.mean(axis=(0, 1)) for crop in crops], axis=0), atol=1e-6)
    np.testing.assert_allclose(deviation[:3], np.std([crop.mean(axis=(0, 1)) for crop in crops], axis=0), atol=1e-6)


# --- an F of one's own ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_autoencoder_gives_pictures_back_and_its_depths_become_an_f():
    network = features.denoising_autoencoder(width=4)
    pictures = np.zeros((2, 24, 40, 3), "float32")
    assert network(pictures).shape == pictures.shape
    before = [variable.numpy().copy() for variable in network.trainable_variables]
    network.compile("adam", "mae")
    network.fit(pictures + 0.5, pictures + 0.5, epochs=2, verbose=0)
    assert all(not np.array_equal(a, b.numpy()) for a, b in zip(before, network.trainable_variables, strict=True))
    extractor = features.feature_extractor(network, ["depth_0", "depth_2"])
    assert [maps.shape for maps in extractor(pictures)] == [(2, 12, 20, 4), (2, 3, 5, 16)]
    assert not extractor.trainable_variables
    assert np.array_equal(extractor(pictures)[1], extractor(pictures)[1])  # no noise outside training
