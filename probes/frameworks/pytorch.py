"""PyTorch: a hand-written training loop, eager or with the network given to `torch.compile`.

The timed loop is `zero_grad`, forward, loss, `backward` and `Adam.step` on a batch that already lies on the device.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from probes.batches import Batch
from probes.frameworks import ADAM, AdamSettings, Trained, require_mode, require_tunings, torch_runtime
from probes.frameworks.devices import require_units
from probes.frameworks.pytorch_network import Binding, build_network, native_inputs
from probes.settings import Settings
from probes.workloads import Workload

MODES = ("eager", "compile")

# One process may compile every workload of a probe; the default of 8 would silently leave the ninth uncompiled.
_RECOMPILE_LIMIT = 256

_IMAGES_RANK = 4


@dataclass(frozen=True)
class Model:
    """A network on its device, ready to train."""

    network: nn.Module
    bindings: tuple[Binding, ...]
    optimizer: torch.optim.Optimizer
    loss: str
    inputs: Tensor
    targets: Tensor
    tunings: frozenset[str]


def configure(mode: str, seed: int) -> None:
    """Seed every generator and set up the GPU; raises `InvalidWorkload` for an unknown mode."""
    require_mode(mode, MODES)
    torch_runtime.prepare(seed)
    if mode == "compile":
        torch._dynamo.config.recompile_limit = _RECOMPILE_LIMIT  # noqa: SLF001 - documented under torch.compile


def versions() -> dict[str, str]:
    """{distribution: version} of what this adapter runs on."""
    return torch_runtime.VERSIONS


def build(
    workload: Workload,
    weights: Mapping[str, NDArray[np.float32]],
    batch: Batch,
    mode: str,
    tunings: frozenset[str] = frozenset(),
) -> Model:
    """The workload's network with these weights, its optimizer, and the batch on the device."""
    require_mode(mode, MODES)
    where = torch_runtime.training_device()
    require_tunings(tunings, "pytorch", mode, workload, torch_runtime.device_name())
    require_units(tunings, torch_runtime.compute_capability())
    network, bindings = build_network(workload)
    inputs = native_inputs(batch.inputs)
    if "channels_last" in tunings:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # documented, but not annotated
        inputs = inputs.to(memory_format=torch.channels_last)
    network.to(where)
    for binding in bindings:
        binding.load(weights[binding.name])
    optimizer = torch.optim.Adam(
        (parameter for parameter in network.parameters() if parameter.requires_grad),
        lr=ADAM.learning_rate,
        betas=(ADAM.beta_1, ADAM.beta_2),
        eps=ADAM.epsilon,
        fused="fused_adam" in tunings or None,
    )
    targets = torch.from_numpy(batch.targets)
    return Model(
        network=_compiled(network) if mode == "compile" else network,
        bindings=tuple(bindings),
        optimizer=optimizer,
        loss=workload.loss,
        inputs=inputs.to(where),
        targets=(targets.long() if workload.loss == "cross_entropy" else targets).to(where),
        tunings=tunings,
    )


def train(model: Model, steps: int) -> Trained:
    """Take `steps` optimizer steps on the batch."""
    torch_runtime.use(model.tunings)
    losses: list[Tensor] = []
    started = perf_counter()
    for _ in range(steps):
        model.optimizer.zero_grad()
        loss = _loss(model)
        loss.backward()  # type: ignore[no-untyped-call]
        model.optimizer.step()
        losses.append(loss.detach())
    torch_runtime.synchronize()
    return Trained(perf_counter() - started, torch.stack(losses).cpu().double().mean().item())


def loss_and_gradients(model: Model) -> tuple[float, dict[str, NDArray[np.float32]]]:
    """The loss and the gradient of every canonical parameter at the present weights."""
    torch_runtime.use(model.tunings)
    model.optimizer.zero_grad()
    loss = _loss(model)
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = {binding.name: binding.gradient() for binding in model.bindings}
    model.optimizer.zero_grad()
    return loss.item(), gradients


def settings(model: Model) -> Settings:
    """What it is measured with."""
    torch_runtime.use(model.tunings)
    scope = _compile_scope(model.network)
    return Settings(
        dtype=_dtype(model),
        matmul_precision=torch_runtime.matmul_precision(),
        memory_layout="channels_last" if _is_channels_last(model.inputs) else "contiguous",
        compile_scope=scope,
        compiler="none" if scope == "none" else "inductor",
        threads=torch_runtime.threads(),
        optimizer=_describe(model.optimizer),
        steps_per_call=1,
        deterministic=torch_runtime.deterministic(),
    )


def device(model: Model) -> str:
    """Where the parameters lie."""
    return str(model.bindings[0].tensor.device)


def device_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    return torch_runtime.peak_memory_mb()


def _compiled(network: nn.Module) -> Any:
    # Static shapes are the default for the first network a process compiles; without asking for them, later ones
    # would be taken for the same code with other shapes and compiled for any shape.
    return torch.compile(network, dynamic=False)


def _compile_scope(network: nn.Module) -> str:
    """What of the network is compiled; see `Settings`.

    Unless told otherwise, PyTorch 2.13 compiles no network that holds its own recurrent layers: such a module and
    those around it run eagerly, and at best modules beside it are compiled.
    """
    if not hasattr(network, "_orig_mod"):  # as what `torch.compile` returns has it
        return "none"
    recurrent = any(isinstance(module, nn.RNNBase) for module in network.modules())
    return "parts" if recurrent and not torch._dynamo.config.allow_rnn else "network"  # noqa: SLF001 - see configure


def _loss(model: Model) -> Tensor:
    with _precision(model):
        outputs = model.network(model.inputs)
        if model.loss == "cross_entropy":
            return functional.cross_entropy(outputs.flatten(0, -2), model.targets.flatten())
        return functional.mse_loss(outputs, model.targets)


def _precision(model: Model) -> AbstractContextManager[Any]:
    if "mixed_bfloat16" in model.tunings:
        return torch.autocast(model.inputs.device.type, torch.bfloat16)
    return nullcontext()


def _is_channels_last(inputs: Tensor) -> bool:
    """Whether the inputs are images whose channels lie side by side in memory."""
    images = inputs.dim() == _IMAGES_RANK
    return images and inputs.is_contiguous(memory_format=torch.channels_last) and not inputs.is_contiguous()


def _dtype(model: Model) -> str:
    device_type = model.inputs.device.type
    with _precision(model):
        mixed = torch.is_autocast_enabled(device_type)
    dtype = torch.get_autocast_dtype(device_type) if mixed else model.bindings[0].tensor.dtype
    return ("mixed_" if mixed else "") + str(dtype).removeprefix("torch.")


def _describe(optimizer: torch.optim.Optimizer) -> str:
    (group,) = optimizer.param_groups
    beta_1, beta_2 = group["betas"]
    adam = AdamSettings(group["lr"], beta_1, beta_2, group["eps"])
    return adam.describe("fused" if group["fused"] else "")
