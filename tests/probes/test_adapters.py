"""What the adapters share: one set of functions, one set of settings, and decisions taken from facts."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import probes.frameworks
from probes.candidates import CANDIDATES
from probes.errors import InvalidWorkload
from probes.frameworks import require_mode
from probes.frameworks.devices import jax_peak_mb, short_name, tensorflow_device, torch_device
from probes.layers import LAYER_KINDS, Residual, TiedDense

FOLDER = Path(probes.frameworks.__file__).parent
ADAPTERS = sorted({candidate.module for candidate in CANDIDATES})
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
    listed = re.findall(r"^    (\w+)\(([\w, ]*)\)  ", probes.frameworks.__doc__, re.MULTILINE)
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
