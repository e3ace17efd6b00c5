"""What exactly a row was measured with, so that like is compared with like. Standard library only: workers use it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """As the framework itself tells them after the build.

    `dtype` of parameters and activations ("float32", or "mixed_bfloat16": bfloat16 activations of float32
    parameters); `matmul_precision` of products of float32 numbers on the device ("float32", "tf32", "bfloat16");
    `memory_layout` of images ("channels_last" is NHWC, "contiguous" NCHW for PyTorch and whatever is no image);
    `compile_scope` is what is compiled as one program ("none", "parts" of the network, "network", "step", "steps"),
    and `compiler` what compiles it ("none", "graph" for TensorFlow's own graphs, "xla", "inductor"); `threads` of the
    pool within an operation; `optimizer` with its hyperparameters; `steps_per_call` optimizer steps for each call
    from Python; `deterministic` whether the framework was told to use deterministic kernels only.
    """

    dtype: str
    matmul_precision: str
    memory_layout: str
    compile_scope: str
    compiler: str
    threads: int
    optimizer: str
    steps_per_call: int
    deterministic: bool

    @property
    def precision(self) -> str:
        """The least precise number format of a product: rows of the same precision do the same work."""
        return "bfloat16" if self.dtype == "mixed_bfloat16" else self.matmul_precision
