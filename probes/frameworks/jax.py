"""JAX: plain functions on arrays, Optax's Adam, one jitted step whose state is donated.

The timed loop calls the jitted step (forward, gradients and update in one program) on a batch that already lies on
the device. Tuned, a call takes several steps in a loop of XLA's own. Calls are dispatched asynchronously; the clock
stops when the last state is ready.
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
from jax import lax
from jax.typing import DTypeLike
from numpy.typing import NDArray

from probes.batches import Batch
from probes.frameworks import ADAM, Trained, calls, jax_runtime, require_mode, require_tunings
from probes.frameworks.devices import require_units
from probes.frameworks.jax_network import Arrays, Pass, forward, initial_statistics
from probes.settings import Settings
from probes.tunings import STEPS_PER_CALL
from probes.workloads import Workload

MODES = ("jit",)

_IMAGES_RANK = 4


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


Step = Callable[[State, jax.Array, jax.Array], tuple[State, jax.Array]]
Advance = Callable[[int, State, jax.Array, jax.Array], tuple[State, jax.Array]]
LossFunction = Callable[[Arrays, Arrays, jax.Array, jax.Array, jax.Array], tuple[jax.Array, Arrays]]


@dataclass
class Model:
    """The present state of a network and its compiled functions.

    `advance` takes a number of steps, 1 unless `steps_per_call` is more, the state, which it consumes, and the batch;
    it returns the new state and the sum of the steps' losses.
    """

    state: State
    advance: Advance
    gradients: Callable[..., tuple[tuple[jax.Array, Arrays], Arrays]]
    inputs: jax.Array
    targets: jax.Array
    steps_per_call: int
    tunings: frozenset[str]


def configure(mode: str, seed: int) -> None:
    """Seed dropout and set up the GPU; raises `InvalidWorkload` for an unknown mode."""
    require_mode(mode, MODES)
    jax_runtime.prepare(seed)
    _process.seed = seed


def versions() -> dict[str, str]:
    """{distribution: version} of what this adapter runs on."""
    return jax_runtime.VERSIONS | {"optax": optax.__version__}


def build(
    workload: Workload,
    weights: Mapping[str, NDArray[np.float32]],
    batch: Batch,
    mode: str,
    tunings: frozenset[str] = frozenset(),
) -> Model:
    """The workload's network with these weights, its optimizer, and the batch on the device."""
    require_mode(mode, MODES)
    require_tunings(tunings, "jax", mode, workload, jax_runtime.device_name())
    require_units(tunings, jax_runtime.compute_capability())
    optimizer = optax.adam(ADAM.learning_rate, b1=ADAM.beta_1, b2=ADAM.beta_2, eps=ADAM.epsilon)
    # Copies, because a donated buffer must not be the caller's memory.
    parameters = {name: jnp.array(values, copy=True) for name, values in weights.items()}
    key = jax.random.key(_process.seed)
    compute_dtype = jnp.bfloat16 if "mixed_bfloat16" in tunings else jnp.float32
    gradients = jax.value_and_grad(_loss_function(workload, compute_dtype), has_aux=True)

    def step(state: State, inputs: jax.Array, targets: jax.Array) -> tuple[State, jax.Array]:
        key, dropout_key = jax.random.split(state.key)
        (loss, statistics), slopes = gradients(state.parameters, state.statistics, dropout_key, inputs, targets)
        updates, optimizer_state = optimizer.update(slopes, state.optimizer)
        return State(optax.apply_updates(state.parameters, updates), optimizer_state, statistics, key), loss

    looped = "fori_loop" in tunings
    return Model(
        state=State(parameters, optimizer.init(parameters), initial_statistics(workload), key),
        advance=_advance(step, looped=looped),
        gradients=jax.jit(gradients),
        inputs=jnp.asarray(batch.inputs),
        targets=jnp.asarray(batch.targets),
        steps_per_call=STEPS_PER_CALL if looped else 1,
        tunings=tunings,
    )


def train(model: Model, steps: int) -> Trained:
    """Take `steps` optimizer steps on the batch."""
    jax_runtime.use(model.tunings)
    losses: list[jax.Array] = []
    started = perf_counter()
    for count in calls(steps, model.steps_per_call):
        model.state, loss = model.advance(count, model.state, model.inputs, model.targets)
        losses.append(loss)
    jax.block_until_ready(model.state)
    return Trained(perf_counter() - started, sum(float(loss) for loss in losses) / steps)


def loss_and_gradients(model: Model) -> tuple[float, dict[str, NDArray[np.float32]]]:
    """The loss and the gradient of every canonical parameter at the present weights."""
    jax_runtime.use(model.tunings)
    state = model.state
    (loss, _), slopes = model.gradients(state.parameters, state.statistics, state.key, model.inputs, model.targets)
    return float(loss), {name: np.asarray(slope) for name, slope in slopes.items()}


def settings(model: Model) -> Settings:
    """What it is measured with."""
    jax_runtime.use(model.tunings)
    parameters_dtype = str(next(iter(model.state.parameters.values())).dtype)
    return Settings(
        dtype="mixed_bfloat16" if "mixed_bfloat16" in model.tunings else parameters_dtype,
        matmul_precision=jax_runtime.matmul_precision(),
        # As `jax_network` has its images.
        memory_layout="channels_last" if model.inputs.ndim == _IMAGES_RANK else "contiguous",
        compile_scope="step" if model.steps_per_call == 1 else "steps",
        compiler="xla",
        threads=jax_runtime.threads(),
        optimizer=ADAM.describe(),
        steps_per_call=model.steps_per_call,
        deterministic=jax_runtime.deterministic(),
    )


def device(model: Model) -> str:
    """Where the batch and the parameters lie."""
    return str(model.inputs.device)


def device_memory_mb() -> float | None:
    """Peak memory of the GPU in MiB; None on a CPU."""
    return jax_runtime.peak_memory_mb()


def _advance(step: Step, *, looped: bool) -> Advance:
    if not looped:
        single = jax.jit(step, donate_argnums=0)
        return lambda _count, state, inputs, targets: single(state, inputs, targets)

    def loop(count: int, state: State, inputs: jax.Array, targets: jax.Array) -> tuple[State, jax.Array]:
        def body(_: int, carry: tuple[State, jax.Array]) -> tuple[State, jax.Array]:
            state, loss = step(carry[0], inputs, targets)
            return state, carry[1] + loss

        done: tuple[State, jax.Array] = lax.fori_loop(0, count, body, (state, jnp.zeros(())))
        return done

    several: Advance = jax.jit(loop, donate_argnums=1)
    return several


def _loss_function(workload: Workload, compute_dtype: DTypeLike) -> LossFunction:
    """The loss in float32 of a forward pass in `compute_dtype`; parameters, and so their gradients, stay float32."""

    def loss(
        parameters: Arrays, statistics: Arrays, key: jax.Array, inputs: jax.Array, targets: jax.Array
    ) -> tuple[jax.Array, Arrays]:
        run = Pass({name: values.astype(compute_dtype) for name, values in parameters.items()}, statistics, key)
        values = inputs if workload.input.vocabulary else inputs.astype(compute_dtype)
        outputs = forward(workload.layers, run, values).astype(jnp.float32)
        errors = (
            optax.softmax_cross_entropy_with_integer_labels(outputs, targets)
            if workload.loss == "cross_entropy"
            else jnp.square(outputs - targets)
        )
        return errors.mean(), run.new_statistics

    return loss
