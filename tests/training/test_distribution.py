"""Several devices and several processes share a batch, and learn what one device learns from the whole of it."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from methods import METHODS

from stylekit.training import distribution

SCRIPT = Path(__file__).parents[1] / "helpers" / "shared_run.py"
STEPS = 4


def start(kind, directory, *methods, **environment):
    command = [sys.executable, str(SCRIPT), kind, str(directory), str(STEPS), *methods]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def start_workers(directory):
    """Two processes on this machine that wait for each other, as two machines would."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    cluster = {"worker": [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]}
    for listener in listeners:
        listener.close()
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": i}} for i in range(2)]
    return [start("workers", directory, TF_CONFIG=json.dumps(task)) for task in tasks]


def terms(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return terms(start("one", tmp_path_factory.mktemp("one")))


def agrees(found, wanted):
    # sums are rounded in another order, and Adam makes a little more of the difference at each step
    return found.keys() == wanted.keys() and all(found[name] == pytest.approx(wanted[name], abs=0.01) for name in found)


def test_two_devices_learn_what_one_learns(alone, tmp_path):
    assert agrees(terms(start("devices", tmp_path)), alone)


@pytest.fixture(scope="module")
def every_method(tmp_path_factory):
    """Terms of four steps of every method on one device and on two: two dicts name -> terms."""
    processes = [start(kind, tmp_path_factory.mktemp(kind), *METHODS) for kind in ("one", "devices")]
    return [terms(process) for process in processes]


@pytest.mark.parametrize("name", METHODS)
def test_every_method_learns_on_two_devices_what_it_learns_on_one(every_method, name):
    one, two = (found[name] for found in every_method)
    assert one.keys() == two.keys()
    for term, values in one.items():
        assert two[term] == pytest.approx(values, abs=1e-4), term


def test_a_worker_that_dies_is_told_and_the_run_goes_on_from_its_checkpoint(alone, tmp_path):
    first, second = start_workers(tmp_path)
    assert first.stdout.readline().strip() == "step 1"
    for line in second.stdout:
        if line.strip() == "step 2":  # after which a checkpoint is written, before step 3
            break
    next(second.stdout)
    second.send_signal(signal.SIGKILL)
    out, err = first.communicate(timeout=300)
    second.communicate()
    assert first.returncode in (0, 2), err
    if first.returncode == 2:  # it may have had step 4 already
        assert "Another worker does not answer" in out and "Traceback" not in err
    for worker in start_workers(tmp_path):
        assert agrees(terms(worker), alone)


def test_a_seed_of_its_own_is_the_seed_itself_on_one_device():
    seed = tf.constant([3, 4], tf.int64)
    assert np.array_equal(distribution.own(seed), seed)
