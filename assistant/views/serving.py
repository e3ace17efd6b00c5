"""What the server's process runs: Streamlit's own command, and beside its start what a first visit would wait for.

`python -m assistant.views.serving run ...` takes what `streamlit run ...` does.
"""

from __future__ import annotations

from streamlit.web import cli

from assistant.background import beside


def main() -> None:
    """Serve until somebody ends it."""
    beside("read ahead", _read_ahead)
    cli.main(prog_name="streamlit")


def _read_ahead() -> None:
    """Import and read what the pages need. Who comes sooner waits for what is left of it; the server for nothing."""
    from assistant.advice.recommend import recommend  # noqa: PLC0415
    from assistant.project import Project  # noqa: PLC0415
    from probes.environments import installed_versions  # noqa: PLC0415
    from probes.hardware import machine  # noqa: PLC0415

    installed_versions()
    recommend(Project(), machine=machine())


if __name__ == "__main__":
    main()
