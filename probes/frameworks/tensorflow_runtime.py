"""Settings, synchronisation and memory of TensorFlow, whoever drives it."""

from __future__ import annotations

import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled  # the setter is public, this is not

from probes.frameworks.devices import MIB, tensorflow_device, threads_named

VERSIONS = {"tensorflow": tf.__version__}

_NO_TUNINGS: frozenset[str] = frozenset()

# What TensorFlow 2.21 calls the threads that compute within an operation.
_POOL = "tf_Compute"


def prepare(seed: int) -> None:
    """Seed every generator, leave room on the GPUs for other workers, and keep products in float32 on them."""
    tf.random.set_seed(seed)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, enable=True)
    use(_NO_TUNINGS)


def use(tunings: frozenset[str]) -> None:
    """Have the process compute as these tunings say: the precision of products is no model's own."""
    tf.config.experimental.enable_tensor_float_32_execution(enabled="tf32" in tunings)


def device_name() -> str:
    """The device to train on."""
    return tensorflow_device(len(tf.config.list_physical_devices("GPU")))


def compute_capability() -> tuple[int, int] | None:
    """That of the NVIDIA GPU to train on; None on anything else."""
    gpus = tf.config.list_physical_devices("GPU")
    found: tuple[int, int] | None = None
    if gpus:
        found = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability")
    return found


def matmul_precision() -> str:
    """Of products of float32 numbers, in the words of `Settings`."""
    return "tf32" if tf.config.experimental.tensor_float_32_execution_enabled() else "float32"


def threads() -> int:
    """Threads of the pool within an operation; TensorFlow itself says 0 for "as many as it likes"."""
    return int(tf.config.threading.get_intra_op_parallelism_threads()) or threads_named(_POOL)


def deterministic() -> bool:
    """Whether only deterministic kernels are allowed."""
    return bool(is_op_determinism_enabled())


def synchronize() -> None:
    """Wait until the device has finished."""
    tf.test.experimental.sync_devices()


def peak_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    device = device_name()
    return tf.config.experimental.get_memory_info(device)["peak"] / MIB if device.startswith("GPU") else None
