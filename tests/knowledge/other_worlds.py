"""Stand-ins for frameworks that behave otherwise than the real ones, for the scripts of claims.

A world is a folder that Python looks into first: file names and what stands in them. The general ones do for a script
that takes a missing name, a failed import or a call without effect for an answer; the others are each for one claim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

World = Mapping[str, str]

# Has every name, lets everything be called and does nothing.
WILLING = """
import numpy as np
class Names(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return cls
class Anything(metaclass=Names):
    def __init__(self, *arguments, **named):
        pass
    def __getattr__(self, name):
        return getattr(Anything, name)()
    def __call__(self, *arguments, **named):
        return Anything()
    __add__ = __sub__ = __pow__ = __getitem__ = __enter__ = __call__
    def __exit__(self, *raised):
        return False
    def __iter__(self):
        return iter(())
    def __len__(self):
        return 0
    def __array__(self, dtype=None, copy=None):
        return np.ones(())
def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Anything
"""


def without_names(packages: Sequence[str]) -> World:
    """They can be imported and have nothing in them."""
    return {f"{package}.py": "" for package in packages}


def without_packages(packages: Sequence[str]) -> World:
    """They cannot be imported."""
    return {f"{package}.py": f"raise ModuleNotFoundError('No module named {package}')" for package in packages}


def without_effect(packages: Sequence[str]) -> World:
    """They have every name, and nothing that is called does anything."""
    return {f"{package}.py": WILLING for package in packages}


GENERAL: tuple[Callable[[Sequence[str]], World], ...] = (without_names, without_packages, without_effect)


def described(package: str, *lines: str, file: str = "README") -> World:
    """What an installed package says of itself and of its one file, without the package."""
    return {
        f"{package}-9.9.dist-info/METADATA": "\n".join(("Metadata-Version: 2.4", f"Name: {package}", *lines, "")),
        f"{package}-9.9.dist-info/RECORD": f"{file},,\n",
    }


OF_ONE_CLAIM: Mapping[str, World] = {
    "pytorch-low-level-only": {
        "torch.py": """
class nn:
    class Module:
        pass
class optim:
    class Optimizer:
        pass
"""
    },
    "keras-tokenizer-import": {
        "keras/__init__.py": "",
        "keras/preprocessing/__init__.py": "",
        "keras/preprocessing/text.py": "class Tokenizer: pass",
    },
    "tensorflow-symbolic-maths": {"tensorflow.py": "def add(x, y): return 'x + y'"},
    "tensorflow-dataflow-graphs": {
        "tensorflow.py": WILLING
        + """
nodes = []
class Graph:
    get_operations = staticmethod(lambda: list(nodes))
class compat:
    class v1:
        get_default_graph = Graph
def constant(value):
    return value
def square(value):
    nodes.append("Square")
    return value * value
"""
    },
    "maths-in-compiled-code": {
        "tensorflow.py": """
def ones(shape):
    return [[1.0] * shape[1] for _ in range(shape[0])]
class linalg:
    def matmul(left, right):
        total = 0.0
        for row in left:
            for value in row:
                total += value
        return total
"""
    },
    "static-keras-dynamic-pytorch": {
        "keras.py": WILLING,
        "torch.py": """
class Values:
    def __init__(self, array):
        self.array = array
    def split(self, size):
        return [Values(self.array[start : start + size]) for start in range(0, len(self.array), size)]
    def detach(self):
        return self
    sum = detach
    backward = detach
    def __float__(self):
        return float(self.array.sum())
from_numpy = Values
class nn:
    class Module:
        def __call__(self, values):
            return self.forward(values)
        def forward(self, values):
            return values
    class Linear(Module):
        def __init__(self, *sizes):
            pass
    class Sequential(Module):
        def __init__(self, *layers):
            self.layers = layers
        def forward(self, values):
            for layer in self.layers:
                values = layer(values)
            return values
""",
    },
    "keras-mostly-python": {
        **described("keras", file="core.so"),
        **described("tensorflow"),
        "core.so": "",
    },
    "pytorch-facebook-bsd": described("torch", "Author: Facebook AI Research", "License-Expression: BSD-3-Clause"),
    "tensorflow-no-debugging": {
        "tensorflow.py": """
class Symbol:
    pass
def constant(value):
    return Symbol()
def function(body):
    return lambda symbol: body(symbol)
class config:
    run_functions_eagerly = staticmethod(print)
Symbol.__add__ = lambda self, other: self
"""
    },
    "tensorflow-installs-tensorboard": described("tensorflow", "Requires-Dist: tensorboard~=2.20"),
    "tensorflow-installs-keras": described("tensorflow", "Requires-Dist: numpy"),
    "keras-installs-tensorflow": described("keras", "Requires-Dist: tensorflow>=2.16"),
    "gpu-needs-cuda-by-hand": described("tensorflow", "Requires-Dist: numpy"),
    "old-python-on-windows": {
        **described("tensorflow", "Requires-Python: >=3.9"),
        **described("keras", "Requires-Python: >=3.11"),
    },
    "keras-hdf5": {
        "keras.py": WILLING
        + """
class Sequential:
    def __init__(self, layers):
        pass
    def save(self, path):
        path.touch()
"""
    },
    "list-devices-and-memory-growth": {
        "tensorflow.py": """
class config:
    class experimental:
        list_physical_devices = staticmethod(lambda kind: [kind])
        set_memory_growth = staticmethod(lambda gpu, grows: None)
        get_memory_growth = staticmethod(lambda gpu: False)
"""
    },
    "short-code-more-accurate": {
        "tensorflow.py": WILLING,
        "keras.py": WILLING
        + """
from itertools import count
results = count()
class ops:
    convert_to_numpy = staticmethod(lambda values: np.full((8, 1), next(results)))
""",
    },
    "keras-and-pytorch-similar-results": {
        "torch.py": WILLING,
        "keras.py": WILLING
        + """
class ops:
    convert_to_numpy = staticmethod(lambda values: np.zeros((16, 3)))
""",
    },
    "tensorflow-slow-without-function": {
        "tensorflow.py": WILLING + "function = staticmethod(lambda body: body)",
        "keras.py": WILLING
        + """
import time
now_s = 0.0
time.perf_counter = lambda: now_s
class optimizers:
    class Adam:
        def build(self, variables):
            pass
        def apply(self, gradients, variables):
            global now_s
            now_s += 0.001
""",
    },
}
