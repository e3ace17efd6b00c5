"""Settings, synchronisation and memory of TensorFlow, whoever drives it."""

from __future__ import annotations

import tensorflow as tf

from probes.frameworks.devices import MIB, tensorflow_device

VERSIONS = {"tensorflow": tf.__version__}


def prepare(seed: int) -> None:
    """Seed every generator, leave room on the GPUs for other workers, and keep products in float32 on them."""
    tf.random.set_seed(seed)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, enable=True)
    tf.config.experimental.enable_tensor_float_32_execution(enabled=False)


def synchronize() -> None:
    """Wait until the device has finished."""
    tf.test.experimental.sync_devices()


def peak_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    device = tensorflow_device(len(tf.config.list_physical_devices("GPU")))
    return tf.config.experimental.get_memory_info(device)["peak"] / MIB if device.startswith("GPU") else None
