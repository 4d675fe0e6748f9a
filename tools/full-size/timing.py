"""What the torch halves of the full-size measurements print and keep."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

import torch
from safetensors.torch import save_file


def tell(load: float, step: Callable[[], Mapping[str, torch.Tensor]], results: str | None = None) -> None:
    """Does the work twice, cold and warm, and prints one JSON line of seconds; `load` is what loading took. What came out goes into the file `results`, if one is named."""
    times, finite, found = [], True, {}
    for _ in range(2):
        before = time.perf_counter()
        found = step()
        times.append(time.perf_counter() - before)
        finite = all(bool(torch.isfinite(value).all()) for value in found.values()) and finite
    if results is not None:
        save_file({name: value.detach().contiguous() for name, value in found.items()}, results)
    print(json.dumps({"load": load, "create": 0, "cold": times[0], "warm": times[1], "finite": finite}))
