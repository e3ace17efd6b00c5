"""The errors of `assistant`: each says what came, what was expected and what to do, in one line."""

from __future__ import annotations


class AssistantError(Exception):
    """Base of every error that `assistant` raises on purpose."""


class InvalidInput(AssistantError):
    """Something a person gave (a file, an option, an answer) is not what was expected; the command exits with 2."""
