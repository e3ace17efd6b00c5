"""Every framework trains the same network: equal losses, gradients and Adam steps from equal weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from probes.candidates import CANDIDATES, find_candidate
from probes.frameworks import ADAM
from probes.networks.layers import (
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
from probes.networks.shapes import place_layers
from probes.settings import Settings
from probes.tunings import applicable
from probes.workloads import REFERENCE, Input, Workload

pytestmark = pytest.mark.frameworks

ROOT = Path(__file__).parents[2]
TOLERANCE = 1e-4
# bfloat16 has eight significant bits, and batch normalisation over a few images magnifies what they lose: the
# gradients of cnn-tiny are off by 0.12 to 0.13 in PyTorch and in TensorFlow alike. Another network's are off by 1.
REDUCED_TOLERANCE = 0.25
# What of the settings each tuning changes. Whether the scope does depends on how a framework loops.
SHOWN_BY = {
    "channels_last": {"memory_layout"},
    "fused_adam": {"optimizer"},
    # Where memory comes from is no setting of the framework's.
    "keep_memory": set(),
    "while_loop": {"steps_per_call", "compile_scope"},
    "fori_loop": {"steps_per_call", "compile_scope"},
    "steps_per_execution": {"steps_per_call", "compile_scope"},
}
# Gradients that are zero but for rounding (the key bias of attention, a bias before batch normalisation) are compared
# on the scale of the whole gradient.
FLOOR = 1e-3
RUNNING_AT_ONCE = 2
DROPPING = [candidate.id for candidate in CANDIDATES if candidate.id != "scikit-learn"]
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
        # On processors with AVX2 but not AVX-512, PyTorch 2.13 writes beyond its memory in the backward pass of a
        # strided 1 x 1 convolution over fewer than 8 channels, channels last.
        case("conv2d", IMAGE, Conv2D(6, 3, groups=2), Conv2D(8, 3, stride=2), Conv2D(3, 1, stride=2, bias=False)),
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

# All kinds of layers in as few networks as possible.
LARGE_CASES = {
    workload.id: workload
    for workload in (
        case(
            "many layers of an image",
            IMAGE,
            Conv2D(4, 3, groups=2),
            BatchNorm(),
            Activation("relu6"),
            DepthwiseConv2D(kernel=3),
            Activation("swish"),
            MaxPool2D(3, stride=3),
            AveragePool2D(2, stride=2),
            LayerNorm(),
            Residual((Dense(3), Activation("sigmoid")), shortcut=(Dense(3),)),
            Dropout(1e-6),
            Flatten(),
            table=True,
        ),
        case(
            "many layers of a sequence",
            IMAGE,
            Conv2D(4, 4, stride=4),
            ImageToSequence(),
            ClassToken(),
            Positions(),
            BatchNorm(),
            Residual((LayerNorm(), Attention(heads=2))),
            Residual((Attention(heads=2, causal=True), Activation("gelu"))),
            FirstStep(),
            table=True,
        ),
    )
}

# The same weights and batch as the case "dropout".
HALF_DROPPED = case("half dropped", TABLE, Dropout(0.5), table=True)
DROPPED_AGAIN = replace(HALF_DROPPED, id="half dropped again")
FAMILIES = ("mlp-tiny", "cnn-tiny", "lstm-tiny", "transformer-tiny")
# Compiling a case in C++ takes many seconds, so that fewer and larger ones hold all kinds of layers; the layer that
# differs is then the last one of those whose gradients are named.
COMPILED_CASES = [CASES[name] for name in (*FAMILIES, "tied embedding", "gru")] + list(LARGE_CASES.values())
MLP_CASES = {"mlp-tiny", "perceptron"}


@dataclass(frozen=True)
class Run:
    """A case as one candidate trains it; `anywhere` on devices, too, that the tunings are not meant for."""

    workload: Workload
    tunings: frozenset[str] = frozenset()
    anywhere: bool = False

    @property
    def id(self) -> str:
        return " + ".join([self.workload.id, *sorted(self.tunings)])

    def to_json(self) -> dict[str, object]:
        tunings = sorted(self.tunings)
        return {"id": self.id, "workload": self.workload.to_json(), "tunings": tunings, "anywhere": self.anywhere}


def cases_of(candidate_id: str) -> list[Run]:
    of = {"pytorch-compile": COMPILED_CASES, REFERENCE_CANDIDATE: [*CASES.values(), *LARGE_CASES.values()]}
    return [Run(workload) for workload in of.get(candidate_id, CASES.values())]


def tuned_cases_of(candidate_id: str) -> list[Run]:
    """Each family with all tunings that keep float32 and, where that takes no compiler minutes, with each alone."""
    runs = []
    for name in FAMILIES:
        ids = [tuning.id for tuning in applicable(find_candidate(candidate_id), CASES[name], "cpu")]
        alone = [] if candidate_id == "pytorch-compile" else [frozenset({tuning}) for tuning in ids]
        runs += [Run(CASES[name], tunings) for tunings in dict.fromkeys([frozenset(ids), *alone]) if tunings]
    return runs


def reduced_cases_of(candidate_id: str) -> list[Run]:
    """What a GPU would do, here on the CPU: the numbers have the same format, only the speed differs."""
    names = {
        # PyTorch's LSTM has no bfloat16 on many processors.
        "pytorch-eager": [name for name in FAMILIES if name != "lstm-tiny"],
        "jax-jit": FAMILIES,
        "keras-tensorflow": FAMILIES,
        "scikit-learn": [],
    }.get(candidate_id, ["mlp-tiny"])
    return [Run(CASES[name], frozenset({"mixed_bfloat16"}), anywhere=True) for name in names]


class Results:
    """What a candidate computed for every case, trained in a process of its own."""

    def __init__(self, candidate_id: str, folder: Path) -> None:
        cases, results = folder / f"{candidate_id}.json", folder / f"{candidate_id}.npz"
        runs = [*cases_of(candidate_id), Run(HALF_DROPPED), Run(DROPPED_AGAIN), *tuned_cases_of(candidate_id)]
        runs += reduced_cases_of(candidate_id)
        cases.write_text(json.dumps([run.to_json() for run in runs]))
        script = str(Path(__file__).with_name("train_cases.py"))
        # What is compared is the network, not how well XLA's code is optimized; most of the time would go into that.
        flags = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
        environment = os.environ | {"PYTHONPATH": str(ROOT), "XLA_FLAGS": flags, "OMP_NUM_THREADS": "1"}
        run = subprocess.run(
            [sys.executable, script, candidate_id, str(cases), str(results)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )
        assert run.returncode == 0, f"{candidate_id} failed:\n{run.stderr[-4000:]}"
        with np.load(results) as arrays:
            self._arrays = dict(arrays)

    def of(self, case_id: str) -> dict[str, np.ndarray]:
        """The loss, the gradients and the losses of the steps, or why the candidate refused."""
        arrays = {key.split("/", 1)[1]: value for key, value in self._arrays.items() if key.startswith(f"{case_id}/")}
        arrays.pop("settings", None)
        return arrays

    def settings(self, case_id: str) -> Settings:
        return Settings(**json.loads(str(self._arrays[f"{case_id}/settings"])))


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


def pairs(runs: Callable[[str], list[Run]], *but: str) -> list[object]:
    """Every candidate but these with every of its runs."""
    return [
        pytest.param(candidate.id, run, id=f"{candidate.id}-{run.id}")
        for candidate in CANDIDATES
        if candidate.id not in but
        for run in runs(candidate.id)
    ]


@pytest.mark.parametrize(("candidate_id", "run"), pairs(cases_of, REFERENCE_CANDIDATE, "scikit-learn"))
def test_losses_and_gradients_are_those_of_the_reference(results, candidate_id, run):
    assert differing_parts(results(candidate_id).of(run.id), results(REFERENCE_CANDIDATE).of(run.id)) == {}


@pytest.mark.parametrize(("candidate_id", "run"), pairs(tuned_cases_of))
def test_tuned_losses_and_gradients_are_those_of_the_untuned_reference(results, candidate_id, run):
    reference = results(REFERENCE_CANDIDATE).of(run.workload.id)
    assert differing_parts(results(candidate_id).of(run.id), reference) == {}


@pytest.mark.parametrize(("candidate_id", "run"), pairs(reduced_cases_of))
def test_reduced_precision_is_less_precise_and_still_the_same_network(results, candidate_id, run):
    found, exact = results(candidate_id).of(run.id), results(REFERENCE_CANDIDATE).of(run.workload.id)
    gradients = [key for key in exact if key.startswith("gradient/")]
    difference = relative_difference(
        *(np.concatenate([of[key].ravel() for key in gradients]) for of in (found, exact))
    )
    assert TOLERANCE < difference < REDUCED_TOLERANCE
    assert relative_difference(found["loss"], exact["loss"]) < REDUCED_TOLERANCE


@pytest.mark.parametrize("candidate_id", [candidate.id for candidate in CANDIDATES])
def test_what_is_not_tuned_computes_in_float32_one_step_a_call(results, candidate_id):
    settings = results(candidate_id).settings("mlp-tiny")
    assert (settings.precision, settings.dtype, settings.steps_per_call) == ("float32", "float32", 1)
    assert settings.optimizer == ADAM.describe()
    assert not settings.deterministic
    assert 1 <= settings.threads <= psutil.cpu_count()


@pytest.mark.parametrize(("candidate_id", "run"), pairs(tuned_cases_of))
def test_a_tuning_shows_in_the_settings_and_keeps_the_precision(results, candidate_id, run):
    tuned, default = results(candidate_id).settings(run.id), results(candidate_id).settings(run.workload.id)
    changed = {field for field, value in asdict(tuned).items() if value != getattr(default, field)}
    assert set().union(*(SHOWN_BY[tuning] for tuning in run.tunings)) - {"compile_scope"} <= changed
    assert changed <= set().union(*(SHOWN_BY[tuning] for tuning in run.tunings))
    assert tuned.precision == "float32"


@pytest.mark.parametrize(("candidate_id", "run"), pairs(reduced_cases_of))
def test_reduced_precision_is_never_silent(results, candidate_id, run):
    assert results(candidate_id).settings(run.id).precision == "bfloat16"


@pytest.mark.parametrize(
    ("candidate_id", "expected"),
    [
        ("pytorch-eager", ("none", "none", "contiguous")),
        ("pytorch-compile", ("network", "inductor", "contiguous")),
        ("tensorflow-graph", ("step", "graph", "channels_last")),
        ("tensorflow-xla", ("step", "xla", "channels_last")),
        ("keras-tensorflow", ("step", "graph", "channels_last")),
        ("keras-jax", ("step", "xla", "channels_last")),
        ("keras-torch", ("none", "none", "channels_last")),
        ("jax-jit", ("step", "xla", "channels_last")),
    ],
)
def test_settings_tell_what_is_compiled_and_how_images_lie_in_memory(results, candidate_id, expected):
    settings = results(candidate_id).settings("cnn-tiny")
    assert (settings.compile_scope, settings.compiler, settings.memory_layout) == expected


def test_pytorch_does_not_claim_to_compile_recurrent_layers(results):
    assert results("pytorch-compile").settings("lstm-tiny").compile_scope == "parts"


@pytest.mark.parametrize("case_id", CASES)
def test_scikit_learn_trains_the_same_perceptron_and_refuses_other_layers(results, case_id):
    found = results("scikit-learn").of(case_id)
    if case_id in MLP_CASES:
        assert differing_parts(found, results(REFERENCE_CANDIDATE).of(case_id)) == {}
    else:
        assert "scikit-learn" in str(found["refused"])


@pytest.mark.parametrize("candidate_id", DROPPING)
def test_the_seed_decides_what_is_dropped(results, candidate_id):
    first, again = results(candidate_id).of(HALF_DROPPED.id), results(candidate_id).of(DROPPED_AGAIN.id)
    assert differing_parts(again, first) == {}


@pytest.mark.parametrize("candidate_id", DROPPING)
def test_dropout_drops(results, candidate_id):
    dropped, whole = results(candidate_id).of(HALF_DROPPED.id), results(REFERENCE_CANDIDATE).of("dropout")
    kernel = next(key for key in whole if key.startswith("gradient/"))
    # Which values are dropped is chance: the gradient always shows it, the loss may come out almost the same.
    assert relative_difference(dropped[kernel], whole[kernel]) > 100 * TOLERANCE


@pytest.mark.parametrize("candidate_id", [REFERENCE_CANDIDATE, "pytorch-compile"])
def test_every_layer_kind_has_a_case(candidate_id):
    layers = {placed.layer for run in cases_of(candidate_id) for placed in place_layers(run.workload)}
    assert {layer.kind for layer in layers} == set(LAYER_KINDS)
    assert {layer.function for layer in layers if isinstance(layer, Activation)} == set(FUNCTIONS)
