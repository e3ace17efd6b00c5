"""What the adapters share: one set of functions, one set of settings, and decisions taken from facts."""

from __future__ import annotations

import ast
import re
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest

import probes.frameworks
from probes.candidates import CANDIDATES
from probes.errors import InvalidWorkload
from probes.frameworks import AdamSettings, calls, devices, require_mode, require_tunings
from probes.frameworks.devices import (
    jax_peak_mb,
    nvidia_capability,
    require_units,
    short_name,
    tensorflow_device,
    torch_device,
)
from probes.networks.layers import LAYER_KINDS, Residual, TiedDense
from probes.workloads import find_workload

FOLDER = Path(probes.frameworks.__file__).parent
ADAPTERS = sorted({candidate.module for candidate in CANDIDATES})
RUNTIMES = ["torch_runtime", "tensorflow_runtime", "jax_runtime"]
NETWORKS = ["pytorch_network", "jax_network", "keras_network"]


def syntax_of(module: str) -> ast.Module:
    """Adapters are read, not imported: no framework belongs in this process."""
    return ast.parse((FOLDER / f"{module}.py").read_text())


def signatures(module: str) -> dict[str, str]:
    """{public function: its parameters without their underscores, types and what it returns}."""
    functions = [node for node in syntax_of(module).body if isinstance(node, ast.FunctionDef)]
    return {
        node.name: f"({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}".replace("(_", "(")
        for node in functions
        if not node.name.startswith("_")
    }


def documented() -> dict[str, list[str]]:
    listed = re.findall(r"^    (\w+)\(([\w, ]*)\)(?:  |$)", probes.frameworks.__doc__, re.MULTILINE)
    return {name: [parameter for parameter in parameters.split(", ") if parameter] for name, parameters in listed}


def modes(module: str) -> tuple[str, ...]:
    for node in syntax_of(module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MODES":
            return ast.literal_eval(node.value)
    raise AssertionError(f"{module} has no MODES")


@pytest.mark.parametrize("module", ADAPTERS)
def test_every_adapter_has_the_same_functions_with_the_same_signatures(module):
    assert signatures(module) == signatures("pytorch")


def test_the_documented_functions_are_those_of_the_adapters():
    found = {name: re.findall(r"(\w+): ", text.split(") ->")[0]) for name, text in signatures("pytorch").items()}
    assert documented() == found


@pytest.mark.parametrize("module", RUNTIMES)
def test_keras_finds_the_same_functions_in_every_runtime(module):
    asked = set(re.findall(r"runtime(?:\(\))?\.([a-z]\w*)", (FOLDER / "keras.py").read_text()))
    offered, expected = signatures(module), signatures("jax_runtime")
    assert {name: offered[name] for name in asked} == {name: expected[name] for name in asked}


@pytest.mark.parametrize("module", ADAPTERS)
def test_the_modes_of_an_adapter_are_those_of_its_candidates(module):
    assert set(modes(module)) == {candidate.mode for candidate in CANDIDATES if candidate.module == module}


@pytest.mark.parametrize("module", NETWORKS)
def test_every_layer_kind_is_an_entry_of_the_network_builders_table(module):
    tables = [
        {ast.unparse(key) for key in node.value.keys if key is not None}
        for node in syntax_of(module).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
    ]
    kinds = {cls.__name__ for cls in LAYER_KINDS.values()}
    # These two are made where Keras layers are connected, since they need more than their own input.
    expected = kinds - {Residual.__name__, TiedDense.__name__} if module == "keras_network" else kinds
    assert expected in tables


def test_an_unknown_mode_is_refused_with_the_known_ones():
    with pytest.raises(InvalidWorkload, match="'fast'; expected one of eager, compile"):
        require_mode("fast", ("eager", "compile"))


@pytest.mark.parametrize(
    ("cuda", "mps", "device"),
    [(True, False, "cuda"), (True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_pytorch_prefers_an_nvidia_gpu_then_apples_then_the_cpu(cuda, mps, device):
    assert torch_device(cuda=cuda, mps=mps) == device


@pytest.mark.parametrize(("gpus", "device"), [(0, "CPU:0"), (1, "GPU:0"), (4, "GPU:0")])
def test_tensorflow_trains_on_the_first_gpu(gpus, device):
    assert tensorflow_device(gpus) == device


def test_jax_tells_no_memory_on_a_cpu_and_the_peak_in_mib_on_a_gpu():
    assert jax_peak_mb(None) is None
    # Keys as `memory_stats()` has them on a GPU, JAX 0.10.
    assert jax_peak_mb({"bytes_in_use": 2**20, "peak_bytes_in_use": 3 * 2**19, "bytes_limit": 2**34}) == 1.5


@pytest.mark.parametrize(
    ("native", "short"),
    [("/job:localhost/replica:0/task:0/device:GPU:1", "gpu:1"), ("TFRT_CPU_0", "tfrt_cpu_0"), ("cuda:0", "cuda:0")],
)
def test_devices_are_named_briefly(native: str, short: str) -> None:
    assert short_name(native) == short


@pytest.mark.parametrize(("capability", "refused"), [((9, 0), False), ((8, 0), False), ((7, 5), True), (None, True)])
@pytest.mark.parametrize("tuning", ["tf32", "mixed_bfloat16"])
def test_reduced_precision_needs_a_gpu_with_units_for_it(capability, refused, tuning):
    if not refused:
        require_units(frozenset({tuning, "fused_adam"}), capability)
        return
    with pytest.raises(InvalidWorkload, match=f"'{tuning}' needs an NVIDIA GPU"):
        require_units(frozenset({tuning, "fused_adam"}), capability)


def test_tunings_that_keep_float32_need_no_such_units():
    require_units(frozenset({"channels_last", "while_loop"}), None)


@pytest.mark.parametrize(("text", "capability"), [("8.0", (8, 0)), ("12.1", (12, 1)), ("gfx90a", None), ("", None)])
def test_the_compute_capability_is_read_as_jax_writes_it(text, capability):
    assert nvidia_capability(text) == capability


def test_a_tuning_that_does_not_apply_is_refused_with_those_that_do():
    with pytest.raises(InvalidWorkload, match="'while_loop' does not apply to pytorch-eager on cnn-tiny and cpu"):
        require_tunings(frozenset({"while_loop"}), "pytorch", "eager", find_workload("cnn-tiny"), "cpu")
    with pytest.raises(InvalidWorkload, match="expected some of: channels_last, fused_adam"):
        require_tunings(frozenset({"warp_drive"}), "pytorch", "eager", find_workload("cnn-tiny"), "cpu")


def test_tunings_that_apply_are_accepted():
    require_tunings(frozenset(), "scikit_learn", "partial_fit", find_workload("cnn-tiny"), "cpu")
    require_tunings(frozenset({"channels_last"}), "pytorch", "eager", find_workload("cnn-tiny"), "cpu")


@pytest.mark.parametrize(
    ("steps", "per_call", "expected"), [(3, 1, [1, 1, 1]), (25, 10, [10, 10, 5]), (20, 10, [10, 10]), (4, 10, [4])]
)
def test_steps_are_divided_into_calls_exactly(steps, per_call, expected):
    assert list(calls(steps, per_call)) == expected


def test_adam_is_described_alike_for_every_framework():
    assert AdamSettings().describe() == "Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-10)"
    assert (
        AdamSettings(learning_rate=float(np.float32(1e-3)))
        .describe("fused")
        .startswith("Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-10) fused")
    )


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted from /proc")
@pytest.mark.parametrize(("cores", "counted"), [(8, 3), (2, 2)])
def test_the_threads_of_a_pool_are_counted_by_their_name_and_are_no_more_than_cores(monkeypatch, cores, counted):
    monkeypatch.setattr(devices, "_usable_cores", lambda: cores)
    started, end = threading.Barrier(4), threading.Event()

    def compute() -> None:
        Path("/proc/thread-self/comm").write_text("pool of three")
        started.wait()
        end.wait()

    threads = [threading.Thread(target=compute) for _ in range(3)]
    for thread in threads:
        thread.start()
    started.wait()
    try:
        assert devices.threads_named("pool of three") == counted
    finally:
        end.set()
        for thread in threads:
            thread.join()


def test_a_pool_without_threads_of_that_name_has_one_a_core():
    assert devices.threads_named("nobody") == len(psutil.Process().cpu_affinity())
