from __future__ import annotations

from assistant.conversation.greeting import greeting

EVERYTHING = {
    "torch": "2.13.0+cpu",
    "tensorflow": "2.21.0",
    "keras": "3.15.1",
    "jax": "0.10.2",
    "scikit-learn": "1.9.1",
}


def test_the_machine_and_short_versions_are_named(workstation) -> None:
    words = greeting(workstation, EVERYTHING)
    assert words.startswith("4 cores (a processor), 16 GB, a GPU.")
    assert "PyTorch 2.13, TensorFlow 2.21, Keras 3.15, JAX 0.10 and scikit-learn 1.9 are installed." in words
    assert "not installed" not in words


def test_what_is_missing_is_said(laptop) -> None:
    words = greeting(laptop, {"torch": "2.13.0", "scikit-learn": "1.9.1"})
    assert "TensorFlow, Keras and JAX are not installed, so I cannot measure them." in words


def test_one_framework_is_said_in_the_singular(laptop) -> None:
    words = greeting(laptop, {name: version for name, version in EVERYTHING.items() if name != "jax"})
    assert "JAX is not installed, so I cannot measure it." in words
