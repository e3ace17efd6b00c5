"""Measuring: trains the same small networks in every framework on this machine.

Knows nothing of `assistant` or `knowledge`. The parent side (`schedule`, `supervisor`, `store`) never imports a
framework; only `probes.frameworks.*` does, and only inside a `probes.worker` process.
"""
