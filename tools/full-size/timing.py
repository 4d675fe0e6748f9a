"""What the torch halves of the full-size measurements print."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import torch


def tell(load: float, step: Callable[[], torch.Tensor]) -> None:
    """Does the work twice, cold and warm, and prints one JSON line of seconds; `load` is what loading took."""
    times, finite = [], True
    for _ in range(2):
        before = time.perf_counter()
        finite = bool(torch.isfinite(step()).all()) and finite
        times.append(time.perf_counter() - before)
    print(json.dumps({"load": load, "create": 0, "cold": times[0], "warm": times[1], "finite": finite}))
