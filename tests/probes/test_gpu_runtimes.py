"""What the runtimes tell a GPU to do, with the frameworks replaced by stubs that answer as on a machine with one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock, call

import pytest

import probes.frameworks

FOLDER = Path(probes.frameworks.__file__).parent
PREALLOCATE = "XLA_PYTHON_CLIENT_PREALLOCATE"
MIB = 2**20

Load = Callable[..., ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Runs a module of `probes/frameworks` with stubs in place of what it imports; no framework is loaded."""

    def load(name: str, **stubs: object) -> ModuleType:
        for module, stub in stubs.items():
            monkeypatch.setitem(sys.modules, module.replace("__", "."), stub)
        spec = importlib.util.spec_from_file_location(f"stubbed_{name}", FOLDER / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return loaded

    return load


def torch_stub(*, cuda: bool, mps: bool) -> MagicMock:
    torch = MagicMock(__version__="2.13.0")
    torch.cuda.is_available.return_value = cuda
    torch.backends.mps.is_available.return_value = mps
    torch.cuda.max_memory_allocated.return_value = 3 * MIB
    torch.mps.driver_allocated_memory.return_value = 5 * MIB
    return torch


@pytest.mark.parametrize(
    ("cuda", "mps", "waits", "peak_mb"),
    [(True, False, ["cuda"], 3), (True, True, ["cuda"], 3), (False, True, ["mps"], 5), (False, False, [], None)],
    ids=["nvidia", "both", "apple", "none"],
)
def test_pytorch_waits_for_the_gpu_that_it_trains_on_and_reads_its_memory(load, cuda, mps, waits, peak_mb) -> None:
    torch = torch_stub(cuda=cuda, mps=mps)
    runtime = load("torch_runtime", torch=torch)
    runtime.synchronize()
    assert [name for name in ("cuda", "mps") if getattr(torch, name).synchronize.called] == waits
    assert runtime.peak_memory_mb() == peak_mb


def tensorflow_stub(gpus: int) -> tuple[MagicMock, dict[str, object]]:
    tensorflow = MagicMock(__version__="2.21.0")
    tensorflow.config.list_physical_devices.side_effect = lambda kind: [f"{kind}:{n}" for n in range(gpus)]
    tensorflow.config.experimental.get_memory_info.return_value = {"current": 1, "peak": 7 * MIB}
    inner = "tensorflow__python__framework__config"
    return tensorflow, {"tensorflow": tensorflow, inner: MagicMock()}


@pytest.mark.parametrize("gpus", [0, 1, 2])
def test_tensorflow_lets_the_memory_of_every_gpu_grow_before_anything_is_placed_on_one(load, gpus) -> None:
    tensorflow, stubs = tensorflow_stub(gpus)
    load("tensorflow_runtime", **stubs).prepare(seed=3)
    grown = tensorflow.config.experimental.set_memory_growth.call_args_list
    assert grown == [call(f"GPU:{n}", enable=True) for n in range(gpus)]
    tensorflow.random.set_seed.assert_called_once_with(3)
    tensorflow.config.experimental.enable_tensor_float_32_execution.assert_called_once_with(enabled=False)


@pytest.mark.parametrize(("gpus", "device", "peak_mb"), [(1, "GPU:0", 7), (0, "CPU:0", None)])
def test_tensorflow_waits_for_its_devices_and_reads_the_memory_of_the_gpu(load, gpus, device, peak_mb) -> None:
    tensorflow, stubs = tensorflow_stub(gpus)
    runtime = load("tensorflow_runtime", **stubs)
    runtime.synchronize()
    tensorflow.test.experimental.sync_devices.assert_called_once_with()
    assert (runtime.device_name(), runtime.peak_memory_mb()) == (device, peak_mb)


@pytest.mark.parametrize(("set_before", "expected"), [(None, "false"), ("true", "true")])
def test_jax_takes_memory_as_it_needs_it_unless_the_person_has_said_otherwise(
    load, monkeypatch, tmp_path, set_before, expected
) -> None:
    (tmp_path / "jax.py").write_text(f"import os\n__version__ = '0.10.2'\nseen = os.environ.get('{PREALLOCATE}')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    monkeypatch.setenv(PREALLOCATE, set_before or "")
    if set_before is None:
        monkeypatch.delenv(PREALLOCATE)
    runtime = load("jax_runtime")
    del sys.modules["jax"]
    assert runtime.jax.seen == expected, "what JAX finds when it is imported"


def test_jax_waits_for_every_array_and_reads_the_memory_of_its_device(load, monkeypatch) -> None:
    monkeypatch.setenv(PREALLOCATE, "false")
    jax = MagicMock(__version__="0.10.2")
    jax.live_arrays.return_value = ["weights", "loss"]
    jax.devices.return_value[0].memory_stats.return_value = {"peak_bytes_in_use": 9 * MIB}
    runtime = load("jax_runtime", jax=jax)
    runtime.synchronize()
    jax.block_until_ready.assert_called_once_with(["weights", "loss"])
    assert runtime.peak_memory_mb() == 9


def test_keras_is_timed_from_an_idle_device_to_an_idle_device(load) -> None:
    """Every time that is taken follows a wait for the device, at both ends of what is timed."""
    happened: list[str] = []
    keras = MagicMock()
    keras.callbacks.Callback = object
    module = load("keras_clock", keras=keras)
    module.perf_counter = lambda: happened.append("time") or float(len(happened))
    clock = module.Clock.__new__(module.Clock)
    clock._synchronize, clock._per_execution = lambda: happened.append("wait"), 1
    clock.params = {"steps": 4}
    clock.on_epoch_begin(0)
    for step in range(4):
        clock.on_train_batch_begin(step)
    clock.on_epoch_end(0)
    assert happened == ["wait", "time", "wait", "time"]
    assert clock.seconds == pytest.approx(2.0 * 4 / 3)
