"""JAX: plain functions on arrays, Optax's Adam, one jitted step whose state is donated.

The timed loop calls the jitted step (forward, gradients and update in one program) on a batch that already lies on
the device. Calls are dispatched asynchronously; the clock stops when the last state is ready.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from probes.batches import Batch
from probes.frameworks import ADAM, Trained, jax_runtime, require_mode
from probes.frameworks.jax_network import Arrays, Pass, forward, initial_statistics
from probes.workloads import Workload

MODES = ("jit",)


@dataclass
class _Process:
    """What `configure` decided for the whole process: JAX has no generator of its own to seed."""

    seed: int = 0


_process = _Process()


class State(NamedTuple):
    """Everything a step replaces."""

    parameters: Arrays
    optimizer: optax.OptState
    statistics: Arrays
    key: jax.Array


LossFunction = Callable[[Arrays, Arrays, jax.Array, jax.Array, jax.Array], tuple[jax.Array, Arrays]]


@dataclass
class Model:
    """The present state of a network and its compiled functions; `step` consumes the state it is given."""

    state: State
    step: Callable[[State, jax.Array, jax.Array], tuple[State, jax.Array]]
    gradients: Callable[..., tuple[tuple[jax.Array, Arrays], Arrays]]
    inputs: jax.Array
    targets: jax.Array


def configure(mode: str, seed: int) -> None:
    """Seed dropout and set up the GPU; raises `InvalidWorkload` for an unknown mode."""
    require_mode(mode, MODES)
    jax_runtime.prepare(seed)
    _process.seed = seed


def versions() -> dict[str, str]:
    """{distribution: version} of what this adapter runs on."""
    return jax_runtime.VERSIONS | {"optax": optax.__version__}


def build(workload: Workload, weights: Mapping[str, NDArray[np.float32]], batch: Batch, mode: str) -> Model:
    """The workload's network with these weights, its optimizer, and the batch on the device."""
    require_mode(mode, MODES)
    optimizer = optax.adam(ADAM.learning_rate, b1=ADAM.beta_1, b2=ADAM.beta_2, eps=ADAM.epsilon)
    # Copies, because a donated buffer must not be the caller's memory.
    parameters = {name: jnp.array(values, copy=True) for name, values in weights.items()}
    key = jax.random.key(_process.seed)
    gradients = jax.value_and_grad(_loss_function(workload), has_aux=True)

    def step(state: State, inputs: jax.Array, targets: jax.Array) -> tuple[State, jax.Array]:
        key, dropout_key = jax.random.split(state.key)
        (loss, statistics), slopes = gradients(state.parameters, state.statistics, dropout_key, inputs, targets)
        updates, optimizer_state = optimizer.update(slopes, state.optimizer)
        return State(optax.apply_updates(state.parameters, updates), optimizer_state, statistics, key), loss

    return Model(
        state=State(parameters, optimizer.init(parameters), initial_statistics(workload), key),
        step=jax.jit(step, donate_argnums=0),
        gradients=jax.jit(gradients),
        inputs=jnp.asarray(batch.inputs),
        targets=jnp.asarray(batch.targets),
    )


def train(model: Model, steps: int) -> Trained:
    """Take `steps` optimizer steps on the batch."""
    losses: list[jax.Array] = []
    started = perf_counter()
    for _ in range(steps):
        model.state, loss = model.step(model.state, model.inputs, model.targets)
        losses.append(loss)
    jax.block_until_ready(model.state)
    return Trained(perf_counter() - started, float(np.mean([float(loss) for loss in losses])))


def loss_and_gradients(model: Model) -> tuple[float, dict[str, NDArray[np.float32]]]:
    """The loss and the gradient of every canonical parameter at the present weights."""
    state = model.state
    (loss, _), slopes = model.gradients(state.parameters, state.statistics, state.key, model.inputs, model.targets)
    return float(loss), {name: np.asarray(slope) for name, slope in slopes.items()}


def device(model: Model) -> str:
    """Where the batch and the parameters lie."""
    return str(model.inputs.device)


def device_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    return jax_runtime.peak_memory_mb()


def _loss_function(workload: Workload) -> LossFunction:
    def loss(
        parameters: Arrays, statistics: Arrays, key: jax.Array, inputs: jax.Array, targets: jax.Array
    ) -> tuple[jax.Array, Arrays]:
        run = Pass(parameters, statistics, key)
        outputs = forward(workload.layers, run, inputs)
        errors = (
            optax.softmax_cross_entropy_with_integer_labels(outputs, targets)
            if workload.loss == "cross_entropy"
            else jnp.square(outputs - targets)
        )
        return errors.mean(), run.new_statistics

    return loss
