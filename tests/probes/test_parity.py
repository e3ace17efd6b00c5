"""Every framework trains the same network: equal losses, gradients and Adam steps from equal weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from probes.candidates import CANDIDATES
from probes.layers import (
    GRU,
    LAYER_KINDS,
    LSTM,
    Activation,
    Attention,
    AveragePool2D,
    BatchNorm,
    ClassToken,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Embedding,
    FirstStep,
    Flatten,
    GlobalAveragePool,
    ImageToSequence,
    Layer,
    LayerNorm,
    MaxPool2D,
    Positions,
    Residual,
    Segments,
    TiedDense,
)
from probes.shapes import place_layers
from probes.workloads import REFERENCE, Input, Workload

pytestmark = pytest.mark.frameworks

ROOT = Path(__file__).parents[2]
TOLERANCE = 1e-4
# Gradients that are zero but for rounding (the key bias of attention, a bias before batch normalisation) are compared
# on the scale of the whole gradient.
FLOOR = 1e-3
RUNNING_AT_ONCE = 2
REFERENCE_CANDIDATE = "pytorch-eager"

PERCEPTRON = (Dense(8), Activation("relu"), Dense(2))
TIED = (Embedding(30, 4), Positions(), Segments(2), LayerNorm(), Dense(4), TiedDense(30))
FUNCTIONS = ("relu", "relu6", "gelu", "tanh", "sigmoid", "swish")
TABLE, SEQUENCE, IMAGE = (5,), (6, 4), (12, 11, 4)


def case(name: str, shape: tuple[int, ...], *layers: Layer, table: bool = False) -> Workload:
    """A dense layer, so that gradients must come through `layers`; then these, pooled unless they make a `table`."""
    pooled = () if table else (GlobalAveragePool(),)
    body = (Dense(shape[-1]), *layers, Activation("tanh"), *pooled)
    return Workload(name, "case", Input(shape), (*body, Dense(3)), 3, "mean_squared_error", batch=4)


CASES = {
    workload.id: workload
    for workload in (
        *(REFERENCE[f"{family}-tiny"] for family in ("mlp", "cnn", "lstm", "transformer")),
        Workload("perceptron", "case", Input(TABLE), PERCEPTRON, 2, "mean_squared_error", batch=4),
        case(
            "activations", TABLE, *(part for name in FUNCTIONS for part in (Activation(name), Dense(6))), table=True
        ),
        case("conv2d", IMAGE, Conv2D(6, 3, groups=2), Conv2D(4, 3, stride=2), Conv2D(3, 1, stride=2, bias=False)),
        case("conv2d of even kernels", IMAGE, Conv2D(4, kernel=2), Conv2D(4, kernel=4, stride=4)),
        case("depthwise_conv2d", IMAGE, DepthwiseConv2D(kernel=3), DepthwiseConv2D(3, stride=2, bias=False)),
        case("max_pool2d", IMAGE, MaxPool2D(3, stride=2), MaxPool2D(2, stride=1)),
        case("average_pool2d", IMAGE, MaxPool2D(3, stride=3), AveragePool2D(2, stride=2)),
        case("norms of an image", IMAGE, Activation("tanh"), BatchNorm(), LayerNorm()),
        case("batch_norm of a table", TABLE, Activation("tanh"), BatchNorm(), table=True),
        case("norms of a sequence", SEQUENCE, Activation("tanh"), BatchNorm(), LayerNorm()),
        case("flattened image", IMAGE, Conv2D(2, kernel=3), Flatten(), table=True),
        case("flattened sequence", SEQUENCE, Flatten(), table=True),
        # So small a rate drops nothing here, yet the layer runs: every framework draws its masks differently.
        case("dropout", TABLE, Dropout(1e-6), table=True),
        case("lstm", SEQUENCE, LSTM(5, return_sequences=True), LSTM(3), table=True),
        case("gru", SEQUENCE, GRU(5, return_sequences=True), GRU(3), table=True),
        case("attention", SEQUENCE, Attention(heads=2), Attention(heads=2, causal=True)),
        case("residual", SEQUENCE, Residual((Dense(3),), shortcut=(Dense(3),)), Residual((Activation("tanh"),))),
        Workload("embedding", "case", Input((6,), 30), (Embedding(30, 4), Dense(3)), 3, "cross_entropy", batch=4),
        Workload("tied embedding", "case", Input((6,), 30), TIED, 30, "cross_entropy", batch=4),
        case(
            "class token of an image",
            IMAGE,
            Conv2D(4, 4, stride=4),
            ImageToSequence(),
            ClassToken(),
            Positions(),
            Attention(2),
            FirstStep(),
            table=True,
        ),
    )
}

# The same weights and batch as the case "dropout".
HALF_DROPPED = case("half dropped", TABLE, Dropout(0.5), table=True)
# Compiling a case in C++ takes seconds, and what is compiled are the modules that run eagerly on every case.
COMPILED_CASES = ("mlp-tiny", "cnn-tiny", "lstm-tiny", "transformer-tiny")
MLP_CASES = {"mlp-tiny", "perceptron"}


def cases_of(candidate_id: str) -> list[Workload]:
    return [CASES[name] for name in COMPILED_CASES] if candidate_id == "pytorch-compile" else list(CASES.values())


class Results:
    """What a candidate computed for every case, trained in a process of its own."""

    def __init__(self, candidate_id: str, folder: Path) -> None:
        cases, results = folder / f"{candidate_id}.json", folder / f"{candidate_id}.npz"
        cases.write_text(json.dumps([workload.to_json() for workload in (*cases_of(candidate_id), HALF_DROPPED)]))
        script = str(Path(__file__).with_name("train_cases.py"))
        # What is compared is the network, not how well XLA's code is optimized; most of the time would go into that.
        flags = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
        environment = os.environ | {"PYTHONPATH": str(ROOT), "XLA_FLAGS": flags, "OMP_NUM_THREADS": "1"}
        run = subprocess.run(
            [sys.executable, script, candidate_id, str(cases), str(results)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert run.returncode == 0, f"{candidate_id} failed:\n{run.stderr[-4000:]}"
        with np.load(results) as arrays:
            self._arrays = dict(arrays)

    def of(self, case_id: str) -> dict[str, np.ndarray]:
        return {key.split("/", 1)[1]: value for key, value in self._arrays.items() if key.startswith(f"{case_id}/")}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Results by candidate id; every candidate trains once, two at a time."""
    folder = tmp_path_factory.mktemp("parity")
    with ThreadPoolExecutor(RUNNING_AT_ONCE) as pool:
        running = {candidate.id: pool.submit(Results, candidate.id, folder) for candidate in CANDIDATES}
        yield lambda candidate_id: running[candidate_id].result()


def relative_difference(value: np.ndarray, expected: np.ndarray, floor: float = 0.0) -> float:
    difference = np.linalg.norm(np.asarray(value, np.float64) - expected)
    return float(difference / max(np.linalg.norm(expected), floor, 1e-30))


def differing_parts(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> dict[str, float]:
    """Relative difference of every loss and gradient that is not the same."""
    gradients = [value.ravel() for key, value in expected.items() if key.startswith("gradient/")]
    floor = FLOOR * float(np.linalg.norm(np.concatenate(gradients)))
    assert found.keys() == expected.keys()
    differences = {
        key: relative_difference(found[key], value, floor if key.startswith("gradient/") else 0.0)
        for key, value in expected.items()
    }
    return {key: difference for key, difference in differences.items() if not difference < TOLERANCE}


PAIRS = [
    pytest.param(candidate.id, workload.id, id=f"{candidate.id}-{workload.id}")
    for candidate in CANDIDATES
    if candidate.id not in {REFERENCE_CANDIDATE, "scikit-learn"}
    for workload in cases_of(candidate.id)
]


@pytest.mark.parametrize(("candidate_id", "case_id"), PAIRS)
def test_losses_and_gradients_are_those_of_the_reference(results, candidate_id, case_id):
    assert differing_parts(results(candidate_id).of(case_id), results(REFERENCE_CANDIDATE).of(case_id)) == {}


@pytest.mark.parametrize("case_id", CASES)
def test_scikit_learn_trains_the_same_perceptron_and_refuses_other_layers(results, case_id):
    found = results("scikit-learn").of(case_id)
    if case_id in MLP_CASES:
        assert differing_parts(found, results(REFERENCE_CANDIDATE).of(case_id)) == {}
    else:
        assert "scikit-learn" in str(found["refused"])


@pytest.mark.parametrize("candidate_id", [candidate.id for candidate in CANDIDATES if candidate.id != "scikit-learn"])
def test_dropout_drops(results, candidate_id):
    dropped, whole = results(candidate_id).of(HALF_DROPPED.id), results(REFERENCE_CANDIDATE).of("dropout")
    kernel = next(key for key in whole if key.startswith("gradient/"))
    # Which values are dropped is chance: the gradient always shows it, the loss may come out almost the same.
    assert relative_difference(dropped[kernel], whole[kernel]) > 100 * TOLERANCE


def test_every_layer_kind_has_a_case():
    assert {placed.layer.kind for workload in CASES.values() for placed in place_layers(workload)} == set(LAYER_KINDS)
