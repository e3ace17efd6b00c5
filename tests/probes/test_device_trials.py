"""What frameworks say of their devices, asked of stand-ins that have GPUs."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from probes.doctor import device_trials
from probes.doctor.device_trials import SIDE, told
from probes.doctor.usability.case import FrameworkFacts


class Ones:
    """A matrix of ones whose product is as it should be, or another, or an error."""

    def __init__(self, result: float | Exception = float(SIDE**3)) -> None:
        self.result = result

    def __matmul__(self, _other: Ones) -> Ones:
        if isinstance(self.result, Exception):
            raise self.result
        return self

    def sum(self) -> float:
        assert not isinstance(self.result, Exception)
        return self.result


def facts(monkeypatch: pytest.MonkeyPatch, package: str, module: SimpleNamespace) -> FrameworkFacts:
    monkeypatch.setitem(sys.modules, package, module)
    return FrameworkFacts.model_validate(json.loads(told(package)))


def torch(gpus: dict[str, Ones], *, hip: str | None = None, refusal: Exception | None = None) -> SimpleNamespace:
    """PyTorch that sees these, by device name."""

    def count(kind: str) -> int:
        return sum(name.startswith(kind) for name in gpus)

    def init() -> None:
        if refusal is not None:
            raise refusal

    def ones(_rows: int, _columns: int, device: str) -> Ones:
        return gpus.get(device, Ones())

    return SimpleNamespace(
        __version__="2.13.0",
        version=SimpleNamespace(cuda=None if hip else "13.0", hip=hip, xpu=None),
        backends=SimpleNamespace(
            mps=SimpleNamespace(is_built=lambda: "mps" in gpus, is_available=lambda: "mps" in gpus)
        ),
        cuda=SimpleNamespace(is_available=lambda: count("cuda") > 0, device_count=lambda: count("cuda"), init=init),
        xpu=SimpleNamespace(is_available=lambda: count("xpu") > 0, device_count=lambda: count("xpu")),
        ones=ones,
    )


def trials(found: FrameworkFacts) -> list[tuple[str, str, str | None]]:
    return [(trial.device, trial.platform, trial.error) for trial in found.trials]


def test_every_device_is_tried_and_the_broken_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Ones(RuntimeError("CUDA error: no kernel image\nis available"))
    found = facts(monkeypatch, "torch", torch({"cuda:0": Ones(), "cuda:1": broken, "cuda:2": Ones(1.0)}))
    assert trials(found) == [
        ("cpu", "cpu", None),
        ("cuda:0", "cuda", None),
        ("cuda:1", "cuda", "RuntimeError: CUDA error: no kernel image is available"),
        ("cuda:2", "cuda", "a product of ones gave 1.0, expected 262144"),
    ]
    assert (found.built_for, found.refusal, found.version) == ({"cuda": "13.0"}, "", "2.13.0")


def test_what_asking_for_the_gpu_raised_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    found = facts(monkeypatch, "torch", torch({}, refusal=RuntimeError("Found no NVIDIA driver on your system.")))
    assert found.refusal == "RuntimeError: Found no NVIDIA driver on your system."


def test_amd_s_build_of_pytorch_calls_its_devices_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    found = facts(monkeypatch, "torch", torch({"cuda:0": Ones()}, hip="7.0.51831"))
    assert found.built_for == {"rocm": "7.0.51831"}
    assert trials(found)[1:] == [("cuda:0", "rocm", None)]


def test_apple_s_and_intel_s_devices_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    found = facts(monkeypatch, "torch", torch({"mps": Ones(), "xpu:0": Ones()}))
    assert trials(found)[1:] == [("xpu:0", "xpu", None), ("mps", "mps", None)]
    assert "mps" in found.built_for


class Scope:
    def __enter__(self) -> None: ...

    def __exit__(self, *_exception: object) -> None: ...


def tensorflow(*devices: tuple[str, str]) -> SimpleNamespace:
    logical = [SimpleNamespace(name=f"/device:{name}", device_type=kind) for name, kind in devices]
    return SimpleNamespace(
        __version__="2.21.0",
        sysconfig=SimpleNamespace(get_build_info=lambda: {"cuda_version": "12.5.1", "is_cuda_build": True}),
        test=SimpleNamespace(is_built_with_cuda=lambda: True, is_built_with_rocm=lambda: False),
        config=SimpleNamespace(list_logical_devices=lambda: logical),
        device=lambda name: Scope(),
        ones=lambda shape: Ones(),
        matmul=lambda first, second: first @ second,
        reduce_sum=lambda product: product.sum(),
    )


@pytest.mark.parametrize(("system", "gpu"), [("Linux", "cuda"), ("Darwin", "metal")])
def test_tensorflow_s_gpu_is_that_of_the_system(monkeypatch: pytest.MonkeyPatch, system: str, gpu: str) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    found = facts(monkeypatch, "tensorflow", tensorflow(("CPU:0", "CPU"), ("GPU:0", "GPU")))
    assert trials(found) == [("cpu:0", "cpu", None), ("gpu:0", gpu, None)]
    assert found.built_for == {"cuda": "12.5.1"}


class JaxDevice:
    def __init__(self, name: str, platform_name: str, version: str = "") -> None:
        self.name, self.platform, self.client = name, platform_name, SimpleNamespace(platform_version=version)

    def __str__(self) -> str:
        return self.name


def jax(*default: JaxDevice) -> SimpleNamespace:
    def devices(name: str | None = None) -> Any:
        if name is not None:
            raise RuntimeError(f"Unknown backend {name}. Available backends are ['cpu']")
        return default

    return SimpleNamespace(
        __version__="0.10.2",
        devices=devices,
        device_put=lambda array, device: array,
        numpy=SimpleNamespace(ones=lambda shape: Ones()),
    )


def plugins(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    versions: Callable[[Any], dict[str, str]] = lambda _names: dict.fromkeys(names, "0.10.2")  # noqa: E731
    monkeypatch.setattr(device_trials, "present", versions)


def test_a_plugin_of_jax_that_gives_no_device_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    plugins(monkeypatch, "jaxlib", "jax-cuda13-plugin")
    found = facts(monkeypatch, "jax", jax(JaxDevice("TFRT_CPU_0", "cpu")))
    assert found.built_for == {"cuda": ""}
    assert found.refusal == "RuntimeError: Unknown backend cuda. Available backends are ['cpu']"
    assert trials(found) == [("tfrt_cpu_0", "cpu", None)]


@pytest.mark.parametrize(("version", "gpu"), [("cuda 13000", "cuda"), ("rocm 70000", "rocm")])
def test_jax_s_gpu_is_that_of_its_plugin(monkeypatch: pytest.MonkeyPatch, version: str, gpu: str) -> None:
    plugins(monkeypatch, "jaxlib", f"jax-{gpu}7-plugin")
    found = facts(monkeypatch, "jax", jax(JaxDevice("cuda:0", "gpu", version)))
    assert trials(found) == [("cuda:0", gpu, None)]
    assert found.refusal == ""
