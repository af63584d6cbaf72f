"""Tables in Markdown, made from what the benchmarks recorded in `bench/`.

`TABLES` maps the name of a block to the record that it is made from, and how.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from .ensembles import ensembles_benchmark, ensembles_laws, ensembles_races, laws_of_learning
from .laws import law_benchmark
from .learning import mnist_benchmark, speed_benchmark, xor_benchmark
from .memory import memory_benchmark, memory_controls, memory_summary, published_benchmark
from .physicsnet import physicsnet_benchmark
from .studio import studio_benchmark

TABLES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "laws-bench": ("laws.json", lambda record: law_benchmark(record["rows"])),
    "xor-bench": ("xor.json", xor_benchmark),
    "learning-bench": ("learning.json", speed_benchmark),
    "mnist-bench": ("learning.json", mnist_benchmark),
    "memory-bench": ("memory.json", memory_benchmark),
    "memory-summary": ("memory.json", memory_summary),
    "memory-controls": ("memory.json", memory_controls),
    "published-bench": ("published.json", published_benchmark),
    **{
        f"physicsnet-{name}": ("physicsnet.json", partial(physicsnet_benchmark, table=name))
        for name in ("symbols", "drift", "learned", "loss", "peers")
    },
    "studio": ("web.json", studio_benchmark),
    "ensembles-aims": ("ensembles.json", ensembles_benchmark),
    "ensembles-races": ("ensembles.json", ensembles_races),
    "ensembles-laws": ("ensembles.json", ensembles_laws),
    "laws-of-learning": ("laws_of_learning.json", laws_of_learning),
    "laws-of-learning-summary": ("laws_of_learning.json", lambda record: record["headline"]),
}
