"""Documented tunings: what the documentation of a framework, or of what it runs on, says makes training faster, and
where it applies.

A tuned row is built with everything of `applicable`: it computes in float32 as its default does, so the two are
alike. Where a GPU has arithmetic units for less precise numbers, `applicable(..., reduced_precision=True)` names the
tunings of one more row, to be compared with others of its precision only; `probes.settings` says which that is.

Left out, although documented: `jit_compile=True` of Keras on PyTorch, which 3.15 splits into so many pieces that
PyTorch gives up compiling them, and of Keras on TensorFlow without a GPU, where Keras itself leaves it off;
`steps_per_execution` of Keras on PyTorch, which refuses it; a memory layout for Keras on PyTorch, which converts to
channels_last by itself; `torch.set_flush_denormal`, since no batch of ours makes denormal numbers; JAX's persistent
compilation cache, which shortens a start and no step; `unroll` of `jax.lax.scan`, which made every LSTM slower here.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from probes.candidates import Candidate
from probes.costs import costs
from probes.networks.layers import Conv2D, DepthwiseConv2D
from probes.networks.shapes import place_layers
from probes.workloads import Workload

# Optimizer steps in one call where a tuning makes it several: the cost of a call is down to a tenth, and the loss can
# still be read often enough to stop a training that goes wrong.
STEPS_PER_CALL = 10

# Above this a call takes so long that what it costs is lost in it: about 10 ms on two cores. A GPU is taken to be a
# hundred times as fast.
_SHORT_STEP_FLOPS = {"cpu": 1e9, "gpu": 1e11}

_PYTORCH = frozenset({"pytorch-eager", "pytorch-compile"})
_EVERY = _PYTORCH | {
    "tensorflow-graph",
    "tensorflow-xla",
    "keras-tensorflow",
    "keras-jax",
    "keras-torch",
    "jax-jit",
}


@dataclass(frozen=True)
class Tuning:
    """One documented tuning, for these candidates, where `applies(workload, device kind)`.

    `precision` is the least precise number format that its products use; `code` what switches it on, for a reader to
    copy; `source` the address of its documentation.
    """

    id: str
    candidates: frozenset[str]
    applies: Callable[[Workload, str], bool]
    code: str
    source: str
    precision: str = "float32"


def applicable(
    candidate: Candidate, workload: Workload, device: str, *, reduced_precision: bool = False
) -> tuple[Tuning, ...]:
    """The tunings that keep float32 and, only if asked for, those that compute less precisely.

    `device` is where the candidate computes, as its framework names it. Reduced precision is offered on any GPU; a
    build on one that lacks it is refused.
    """
    kind = device_kind(device)
    return tuple(
        tuning
        for tuning in TUNINGS
        if candidate.id in tuning.candidates
        and (reduced_precision or tuning.precision == "float32")
        and tuning.applies(workload, kind)
    )


def device_kind(device: str) -> str:
    """`cpu`, `gpu` (NVIDIA's, or AMD's where a framework treats it alike) or `other`, from a framework's own name."""
    name = device.lower()
    if "cpu" in name:
        return "cpu"
    return "gpu" if name.startswith(("cuda", "gpu", "rocm")) else "other"


def on_accelerator(devices: Iterable[str | None]) -> bool:
    """Whether one of the devices, as frameworks name them, is no processor."""
    return any(device and device_kind(device) != "cpu" for device in devices)


def _convolves(workload: Workload, _kind: str) -> bool:
    return any(isinstance(placed.layer, Conv2D | DepthwiseConv2D) for placed in place_layers(workload))


def _convolves_on_gpu(workload: Workload, kind: str) -> bool:
    return kind == "gpu" and _convolves(workload, kind)


def _has_short_steps(workload: Workload, kind: str) -> bool:
    return costs(workload).training_flops <= _SHORT_STEP_FLOPS.get(kind, 0)


def _on_cpu_with_glibc(_workload: Workload, kind: str) -> bool:
    return kind == "cpu" and _has_glibc()


@cache
def _has_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"


def _anywhere(_workload: Workload, _kind: str) -> bool:
    return True


def _on_gpu(_workload: Workload, kind: str) -> bool:
    return kind == "gpu"


TUNINGS: tuple[Tuning, ...] = (
    Tuning(
        "channels_last",
        _PYTORCH,
        _convolves,
        "model.to(memory_format=torch.channels_last)",
        "https://docs.pytorch.org/tutorials/intermediate/memory_format_tutorial.html",
    ),
    Tuning(
        "fused_adam",
        _PYTORCH,
        _anywhere,
        "torch.optim.Adam(model.parameters(), fused=True)",
        "https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html",
    ),
    # PyTorch's guide says to take an allocator that uses memory again; glibc's own does so when it is told to. On two
    # cores of an AMD EPYC, in turns with the default and with the same peak memory, steps were 1.1 times as fast.
    Tuning(
        "keep_memory",
        _PYTORCH | {"keras-torch"},
        _on_cpu_with_glibc,
        "MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8589934592 python train.py",
        "https://www.man7.org/linux/man-pages/man3/mallopt.3.html",
    ),
    Tuning(
        "cudnn_benchmark",
        _PYTORCH | {"keras-torch"},
        _convolves_on_gpu,
        "torch.backends.cudnn.benchmark = True",
        "https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html",
    ),
    Tuning(
        "while_loop",
        frozenset({"tensorflow-graph", "tensorflow-xla"}),
        _has_short_steps,
        f"tf.while_loop(...)  # {STEPS_PER_CALL} steps inside one tf.function",
        "https://www.tensorflow.org/guide/tpu",
    ),
    Tuning(
        "fori_loop",
        frozenset({"jax-jit"}),
        _has_short_steps,
        f"jax.lax.fori_loop(0, {STEPS_PER_CALL}, step, state)  # inside one jax.jit",
        "https://docs.jax.dev/en/latest/_autosummary/jax.lax.fori_loop.html",
    ),
    Tuning(
        "steps_per_execution",
        frozenset({"keras-tensorflow", "keras-jax"}),
        _has_short_steps,
        f"model.compile(..., steps_per_execution={STEPS_PER_CALL})",
        "https://keras.io/api/models/model_training_apis/",
    ),
    Tuning(
        "tf32",
        _EVERY,
        _on_gpu,
        'torch.set_float32_matmul_precision("high"), or '
        "tf.config.experimental.enable_tensor_float_32_execution(True), or "
        'jax.config.update("jax_default_matmul_precision", "tensorfloat32")',
        "https://docs.pytorch.org/docs/stable/notes/cuda.html",
        precision="tf32",
    ),
    Tuning(
        "mixed_bfloat16",
        _EVERY,
        _on_gpu,
        'keras.config.set_dtype_policy("mixed_bfloat16"), or torch.autocast("cuda", torch.bfloat16)',
        "https://keras.io/api/mixed_precision/",
        precision="bfloat16",
    ),
)
