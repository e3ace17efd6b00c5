"""Settings, synchronisation and memory of JAX, whoever drives it."""

from __future__ import annotations

import os

# Read when JAX first looks for devices: a worker must leave room on the GPU for the others.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax

from probes.frameworks.devices import jax_peak_mb

VERSIONS = {"jax": jax.__version__}


def prepare(seed: int) -> None:  # noqa: ARG001 - JAX has no generator of its own; keys are made from a seed where used
    """Keep products in float32 on a GPU."""
    if jax.default_backend() != "cpu":
        jax.config.update("jax_default_matmul_precision", "highest")


def synchronize() -> None:
    """Wait until every array is computed."""
    jax.block_until_ready(jax.live_arrays())


def peak_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    return jax_peak_mb(jax.devices()[0].memory_stats())
