"""Which starters exist: a task in a framework. Anything else is answered with a sentence and the nearest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assistant.errors import InvalidInput
from assistant.language import _
from assistant.wording import answer_label, framework_name, listing
from probes.candidates import CANDIDATES, FRAMEWORKS

Kind = Literal["table", "image", "text"]

NETWORKS = ("pytorch", "tensorflow", "keras", "jax")
STARTERS: dict[str, tuple[str, ...]] = {
    "tabular_classification": (*NETWORKS, "scikit-learn"),
    "tabular_regression": (*NETWORKS, "scikit-learn"),
    "image_classification": NETWORKS,
    "text_classification": (*NETWORKS, "scikit-learn"),
}
KINDS: dict[str, Kind] = {
    "tabular_classification": "table",
    "tabular_regression": "table",
    "image_classification": "image",
    "text_classification": "text",
}
KERAS_BACKENDS = tuple(candidate.mode for candidate in CANDIDATES if candidate.framework == "keras")
NEAREST_FRAMEWORK = {"scikit-learn": "keras"}


@dataclass(frozen=True)
class Starter:
    """One starter: a task in a framework; `backend` is what Keras runs on, None for every other framework."""

    task: str
    framework: str
    backend: str | None = None

    @property
    def kind(self) -> Kind:
        """What an example is."""
        return KINDS[self.task]

    @property
    def distributions(self) -> tuple[str, ...]:
        """The installed packages whose versions decide how the framework behaves."""
        modes = (each for each in CANDIDATES if each.framework == self.framework)
        return next(each.distributions for each in modes if self.backend in (None, each.mode))


def available(task: str | None, framework: str) -> bool:
    """Whether there is a starter for this task in this framework."""
    return framework in STARTERS.get(task or "", ())


def nearest(task: str | None, framework: str) -> Starter | None:
    """The starter itself where there is one, else the same task in a similar framework, else None."""
    if available(task, framework):
        return Starter(task or "", framework, KERAS_BACKENDS[0] if framework == "keras" else None)
    substitute = NEAREST_FRAMEWORK.get(framework)
    if substitute is None or not available(task, substitute):
        return None
    return nearest(task, substitute)


def task_name(task: str) -> str:
    """What a starter for the task does, as a heading: `Image classification`."""
    return {
        "tabular_classification": _("Table classification"),
        "tabular_regression": _("Table regression"),
        "image_classification": _("Image classification"),
        "text_classification": _("Text classification"),
    }[task]


def unavailable(task: str | None, framework: str) -> str:
    """Why there is no such starter yet, and which one to take instead; empty where there is one."""
    if available(task, framework):
        return ""
    offered = listing(map(task_name, STARTERS))
    if task is None:
        return _("A starter needs to know the task. There are starters for: {offered}.").format(offered=offered)
    if task not in STARTERS:
        return _('There is no starter for "{task}" yet. There are starters for: {offered}.').format(
            task=answer_label("task", task), offered=offered
        )
    substitute = nearest(task, framework)
    assert substitute is not None  # every offered task has a Keras starter
    return _("{task}: there is no starter in {framework} yet. The nearest is {nearest}.").format(
        task=task_name(task), framework=framework_name(framework), nearest=framework_name(substitute.framework)
    )


def choose(task: str | None, framework: str, backend: str | None) -> Starter:
    """The starter asked for; raises `InvalidInput` when an id is unknown or there is no such starter."""
    if framework not in FRAMEWORKS:
        raise InvalidInput(
            _("Unknown framework {framework!r}; expected one of {known}.").format(
                framework=framework, known=", ".join(FRAMEWORKS)
            )
        )
    if not available(task, framework):
        raise InvalidInput(unavailable(task, framework))
    if framework != "keras" and backend is not None:
        raise InvalidInput(
            _("Backend {backend!r} was asked for; only keras has backends. Leave it out for {framework}.").format(
                backend=backend, framework=framework
            )
        )
    if backend is not None and backend not in KERAS_BACKENDS:
        raise InvalidInput(
            _("Unknown backend {backend!r}; expected one of {known}.").format(
                backend=backend, known=", ".join(KERAS_BACKENDS)
            )
        )
    return Starter(task or "", framework, backend or (KERAS_BACKENDS[0] if framework == "keras" else None))
