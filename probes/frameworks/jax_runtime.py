"""Settings, synchronisation and memory of JAX, whoever drives it."""

from __future__ import annotations

import os

# Read when JAX first looks for devices: a worker must leave room on the GPU for the others.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax

from probes.frameworks.devices import jax_peak_mb, nvidia_capability, threads_named

VERSIONS = {"jax": jax.__version__}

_NO_TUNINGS: frozenset[str] = frozenset()

# What JAX calls the precision of products, in the words of `Settings`; None is a CPU's only one.
_PRECISIONS = {None: "float32", "highest": "float32", "tensorfloat32": "tf32"}

# What XLA calls the threads that compute within an operation (jaxlib 0.10).
_POOL = "tf_XLAEigen"

_DETERMINISTIC_FLAGS = ("--xla_gpu_deterministic_ops=true", "--xla_gpu_exclude_nondeterministic_ops=true")


def prepare(seed: int) -> None:  # noqa: ARG001 - JAX has no generator of its own; keys are made from a seed where used
    """Keep products in float32 on a GPU."""
    use(_NO_TUNINGS)


def use(tunings: frozenset[str]) -> None:
    """Have the process compile as these tunings say: the precision of products is no model's own."""
    if jax.default_backend() != "cpu":
        jax.config.update("jax_default_matmul_precision", "tensorfloat32" if "tf32" in tunings else "highest")


def device_name() -> str:
    """The device to train on."""
    return str(jax.devices()[0])


def compute_capability() -> tuple[int, int] | None:
    """That of the NVIDIA GPU to train on; None on anything else."""
    return nvidia_capability(str(getattr(jax.devices()[0], "compute_capability", "")))


def matmul_precision() -> str:
    """Of products of float32 numbers, in the words of `Settings`."""
    return _PRECISIONS[jax.config.jax_default_matmul_precision]


def threads() -> int:
    """Threads of the pool within an operation."""
    return threads_named(_POOL)


def deterministic() -> bool:
    """Whether XLA was told to use deterministic kernels only, which it is told by flags alone."""
    flags = os.environ.get("XLA_FLAGS", "")
    return any(flag in flags for flag in _DETERMINISTIC_FLAGS)


def synchronize() -> None:
    """Wait until every array is computed."""
    jax.block_until_ready(jax.live_arrays())


def peak_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    return jax_peak_mb(jax.devices()[0].memory_stats())
