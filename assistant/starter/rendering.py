"""Copier, kept to what a starter needs: a folder rendered into memory, without git. Takes a moment to import.

A template puts a person's words through `_`, as the code does: it is rendered in the language of its reader.

Copier looks for git around a template. Doing so it changes the working directory of the whole process, which
breaks what other threads do meanwhile: a second download, a probe being started. The template is a plain folder,
so it is told so.
"""

from __future__ import annotations

import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

from copier._main import Worker
from copier._settings import SettingsModel
from copier._template import Template
from jinja2.sandbox import SandboxedEnvironment

from assistant.language import _, ngettext


class PlainFolder(Template):  # type: ignore[misc]  # copier is not followed by mypy
    """A template that is in no version control."""

    @cached_property
    def vcs(self) -> None:
        """None: not a repository, whatever surrounds the folder."""
        return


class Renderer(Worker):  # type: ignore[misc]  # copier is not followed by mypy
    """Copier's worker for a plain folder, with `_` in its templates."""

    @cached_property
    def template(self) -> PlainFolder:
        """The folder to render."""
        return PlainFolder(url=self.src_path)

    @cached_property
    def jinja_env(self) -> SandboxedEnvironment:
        """Copier's environment; messages take their values through `str.format`, as in the code."""
        environment: SandboxedEnvironment = super().jinja_env
        environment.add_extension("jinja2.ext.i18n")
        environment.install_gettext_callables(_, ngettext, newstyle=False)  # type: ignore[attr-defined]  # added by it
        return environment

    def _sync_git_index_executable_bit(self, *_: object) -> None:
        """The destination is in no repository either."""


def render(template: Path, data: dict[str, Any]) -> dict[str, bytes]:
    """The files that the template makes of `data`, by their names; `data` is validated by its questions."""
    with tempfile.TemporaryDirectory() as folder:
        with Renderer(
            src_path=str(template),
            dst_path=Path(folder),
            data=data,
            settings=SettingsModel(),
            defaults=True,
            quiet=True,
            unsafe=False,
        ) as renderer:
            renderer.run_copy()
        paths = [path for path in Path(folder).rglob("*") if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
