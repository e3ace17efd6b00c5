"""What a framework says of its own build, and a small product on every device it sees. Runs inside a worker.

The framework is found by name, so that nothing here imports one: `told("torch")` needs torch to be importable.
"""

from __future__ import annotations

import importlib
import json
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

from probes.candidates import DEVICE_PACKAGES, Package
from probes.versions import present

SIDE = 64
MAX_DEVICES = 16
MAX_ERROR_CHARACTERS = 600

# What gives a framework its devices besides its own package; see `probes.doctor.usability`.
COMPANIONS: Mapping[Package, tuple[str, ...]] = {
    **DEVICE_PACKAGES,
    "jax": ("jaxlib", *DEVICE_PACKAGES["jax"], "nvidia-cudnn-cu12", "nvidia-cudnn-cu13"),
}


def told(package: Package) -> str:
    """The facts of `probes.doctor.usability.FrameworkFacts`, as JSON, without the log, which the parent has."""
    framework = importlib.import_module(package)
    build, refusal, devices = _READERS[package](framework)
    trials = [_trial(*device) for device in islice(devices, MAX_DEVICES)]
    return json.dumps(
        {
            "package": package,
            "version": str(framework.__version__),
            "architecture": platform.machine(),
            "built_for": build,
            "packages": present(COMPANIONS[package]),
            "refusal": refusal[:MAX_ERROR_CHARACTERS],
            "trials": trials,
        }
    )


# Platforms that a package was built for, with the version of the toolkit where it has one.
Build = dict[str, str]

# Its name, its platform, and a product on it.
Device = tuple[str, str, Callable[[], float]]

# The build, what asking for its GPU raised, and the devices that it sees.
Facts = tuple[Build, str, Iterable[Device]]


def _trial(device: str, platform_name: str, product: Callable[[], float]) -> dict[str, str | None]:
    error = None
    try:
        sum_ = product()
        if sum_ != SIDE**3:
            error = f"a product of ones gave {sum_}, expected {SIDE**3}"
    except Exception as raised:  # noqa: BLE001  whatever a driver raises is what this device does
        error = _text(raised)
    return {"device": device, "platform": platform_name, "error": error}


def _torch(torch: Any) -> Facts:
    build = {"cuda": torch.version.cuda, "rocm": torch.version.hip, "xpu": getattr(torch.version, "xpu", None)}
    if torch.backends.mps.is_built():
        build["mps"] = ""
    gpu = "rocm" if torch.version.hip else "cuda"
    refusal = "" if torch.cuda.is_available() else _raised_by(torch.cuda.init)
    return (
        {name: version for name, version in build.items() if version is not None},
        refusal,
        _torch_devices(torch, gpu),
    )


def _torch_devices(torch: Any, gpu: str) -> Iterator[Device]:
    def product(device: str) -> float:
        ones = torch.ones(SIDE, SIDE, device=device)
        return float((ones @ ones).sum())

    names = [("cpu", "cpu")]
    names += [
        (f"cuda:{index}", gpu) for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    ]
    names += [(f"xpu:{index}", "xpu") for index in range(torch.xpu.device_count() if torch.xpu.is_available() else 0)]
    names += [("mps", "mps")] if torch.backends.mps.is_available() else []
    for name, platform_name in names:
        yield name, platform_name, partial(product, name)


def _tensorflow(tensorflow: Any) -> Facts:
    info = tensorflow.sysconfig.get_build_info()
    build = {}
    if tensorflow.test.is_built_with_cuda():
        build["cuda"] = str(info.get("cuda_version", ""))
    if tensorflow.test.is_built_with_rocm():
        build["rocm"] = str(info.get("rocm_version", ""))
    return build, "", _tensorflow_devices(tensorflow, "rocm" if "rocm" in build else "cuda")


def _tensorflow_devices(tensorflow: Any, gpu: str) -> Iterator[Device]:
    def product(name: str) -> float:
        with tensorflow.device(name):
            ones = tensorflow.ones((SIDE, SIDE))
            return float(tensorflow.reduce_sum(tensorflow.matmul(ones, ones)))

    platforms = {"GPU": "metal" if platform.system() == "Darwin" else gpu}
    for device in tensorflow.config.list_logical_devices():
        short = device.name.rpartition("device:")[2].lower()
        platform_name = platforms.get(device.device_type, device.device_type.lower())
        yield short, platform_name, partial(product, device.name)


def _jax(jax: Any) -> Facts:
    """JAX is built for what its plug-ins are: they are packages of their own."""
    plugins = present(COMPANIONS["jax"])
    starts = {"cuda": "jax-cuda", "rocm": "jax-rocm", "metal": "jax-metal", "tpu": "libtpu"}
    build = {name: "" for name, start in starts.items() if any(plugin.startswith(start) for plugin in plugins)}
    unused = [name for name in build if not any(name == each for _, each, _ in _jax_devices(jax))]
    refusals = [_raised_by(partial(jax.devices, name)) for name in unused]
    return build, " ".join(refusals), _jax_devices(jax)


def _jax_devices(jax: Any) -> Iterator[Device]:
    def product(device: Any) -> float:
        ones = jax.device_put(jax.numpy.ones((SIDE, SIDE)), device)
        return float((ones @ ones).sum())

    for device in jax.devices():
        name = device.platform.lower()
        if name == "gpu":
            name = "rocm" if "rocm" in str(device.client.platform_version).lower() else "cuda"
        yield str(device).lower(), name, partial(product, device)


def _raised_by(action: Callable[[], object]) -> str:
    try:
        action()
    except Exception as raised:  # noqa: BLE001  the sentence in it is what is wanted
        return _text(raised)
    return ""


def _text(raised: Exception) -> str:
    return " ".join(f"{type(raised).__name__}: {raised}".split())[:MAX_ERROR_CHARACTERS]


_READERS: dict[str, Callable[[Any], Facts]] = {"torch": _torch, "tensorflow": _tensorflow, "jax": _jax}
