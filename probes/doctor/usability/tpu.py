"""Google TPUs: JAX with libtpu, and nobody else holding the chip. From JAX's installation page."""

from __future__ import annotations

from probes.doctor.usability.case import Case, Remedy, Rule
from probes.words import _


def _others_than_jax(case: Case) -> Remedy | None:
    """PyTorch's and TensorFlow's packages for TPUs are others, and lag behind."""
    if case.facts.package == "jax":
        return None
    return Remedy(
        _("{framework} does not use TPUs.").format(framework=case.framework),
        _("Take JAX for {tpu}.").format(tpu=case.accelerator),
        "unsupported",
    )


def _no_libtpu(case: Case) -> Remedy | None:
    if case.built:
        return None
    return Remedy(
        _("{framework} is installed without libtpu, so it does not use {tpu}.").format(
            framework=case.framework, tpu=case.accelerator
        ),
        _("Install it: {pip}").format(pip=case.pip(f'"jax[tpu]=={case.version}"')),
    )


def _taken(case: Case) -> Remedy | None:
    if not case.said("TPU is already in use by"):
        return None
    return Remedy(
        _("Another process holds {tpu}.").format(tpu=case.accelerator),
        _("End it, then try again; one process at a time can use a TPU."),
    )


RULES: tuple[Rule, ...] = (_others_than_jax, _no_libtpu, _taken)
