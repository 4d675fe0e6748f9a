"""Op fixtures: forward values and vector-Jacobian products of single ops by torch autograd, in float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from common import Tensors, save_tensors, write_json
from op_cases import CASES, OpCase


def draw(rng: np.random.Generator, case: OpCase) -> list[torch.Tensor]:
    """Inputs in range that are float32 numbers, so that a float32 run starts from the very same values."""
    low, high = case.ranges
    found = []
    for shape in case.shapes:
        values = rng.uniform(low, high, shape)
        values = np.where(np.abs(values) < case.apart, np.copysign(case.apart + np.abs(values), values), values)
        found.append(torch.from_numpy(np.asarray(values, dtype=np.float32)))
    return found


def run(case: OpCase, inputs: list[torch.Tensor], upstream: torch.Tensor | None, rng: np.random.Generator) -> Tensors:
    """output (F64), upstream (F32), gradient.<index> (F64) = d sum(upstream * output) / d input."""
    exact = [tensor.double().requires_grad_(True) for tensor in inputs]
    output = case.build(*exact)
    if upstream is None:
        upstream = torch.from_numpy(np.asarray(rng.standard_normal(tuple(output.shape)), dtype=np.float32))
    gradients = torch.autograd.grad(output, exact, upstream.double())
    return {"output": output.detach(), "upstream": upstream, **{f"gradient.{index}": value for index, value in enumerate(gradients)}}


def make(root: Path) -> None:
    """Every case of the table in one file: tensors `<id>.input.<index>`, `<id>.upstream`, `<id>.output`, `<id>.gradient.<index>`."""
    tensors: Tensors = {}
    for index, case in enumerate(CASES):
        rng = np.random.default_rng(1000 + index)
        inputs = draw(rng, case)
        tensors.update({f"{case.id}.input.{position}": tensor for position, tensor in enumerate(inputs)})
        tensors.update({f"{case.id}.{name}": tensor for name, tensor in run(case, inputs, None, rng).items()})
    if len({case.id for case in CASES}) != len(CASES):
        raise ValueError("two op cases have the same id")
    save_tensors(root / "tensors.safetensors", tensors)
    write_json(root / "case.json", {"id": "ops", "cases": [
        {"id": case.id, "op": case.op, "attributes": case.attributes, "inputs": len(case.shapes)} for case in CASES]}, compact=True)
    print(f"  {len(CASES)} cases", flush=True)
