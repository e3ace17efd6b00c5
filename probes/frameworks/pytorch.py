"""PyTorch: a hand-written training loop, eager or with the network given to `torch.compile`.

The timed loop is `zero_grad`, forward, loss, `backward` and `Adam.step` on a batch that already lies on the device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from probes.batches import Batch
from probes.frameworks import ADAM, Trained, require_mode, torch_runtime
from probes.frameworks.pytorch_network import Binding, build_network, native_inputs
from probes.workloads import Workload

MODES = ("eager", "compile")

# One process may compile every workload of a probe; the default of 8 would silently leave the ninth uncompiled.
_RECOMPILE_LIMIT = 256


@dataclass(frozen=True)
class Model:
    """A network on its device, ready to train."""

    network: nn.Module
    bindings: tuple[Binding, ...]
    optimizer: torch.optim.Optimizer
    loss: str
    inputs: Tensor
    targets: Tensor


def configure(mode: str, seed: int) -> None:
    """Seed every generator and set up the GPU; raises `InvalidWorkload` for an unknown mode."""
    require_mode(mode, MODES)
    torch_runtime.prepare(seed)
    if mode == "compile":
        torch._dynamo.config.recompile_limit = _RECOMPILE_LIMIT  # noqa: SLF001 - documented under torch.compile


def versions() -> dict[str, str]:
    """{distribution: version} of what this adapter runs on."""
    return torch_runtime.VERSIONS


def build(workload: Workload, weights: Mapping[str, NDArray[np.float32]], batch: Batch, mode: str) -> Model:
    """The workload's network with these weights, its optimizer, and the batch on the device."""
    require_mode(mode, MODES)
    where = torch_runtime.training_device()
    network, bindings = build_network(workload)
    network.to(where)
    for binding in bindings:
        binding.load(weights[binding.name])
    optimizer = torch.optim.Adam(
        (parameter for parameter in network.parameters() if parameter.requires_grad),
        lr=ADAM.learning_rate,
        betas=(ADAM.beta_1, ADAM.beta_2),
        eps=ADAM.epsilon,
    )
    targets = torch.from_numpy(batch.targets)
    return Model(
        network=_compiled(network) if mode == "compile" else network,
        bindings=tuple(bindings),
        optimizer=optimizer,
        loss=workload.loss,
        inputs=native_inputs(batch.inputs).to(where),
        targets=(targets.long() if workload.loss == "cross_entropy" else targets).to(where),
    )


def train(model: Model, steps: int) -> Trained:
    """Take `steps` optimizer steps on the batch."""
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
    model.optimizer.zero_grad()
    loss = _loss(model)
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = {binding.name: binding.gradient() for binding in model.bindings}
    model.optimizer.zero_grad()
    return loss.item(), gradients


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


def _loss(model: Model) -> Tensor:
    outputs = model.network(model.inputs)
    if model.loss == "cross_entropy":
        return functional.cross_entropy(outputs.flatten(0, -2), model.targets.flatten())
    return functional.mse_loss(outputs, model.targets)
