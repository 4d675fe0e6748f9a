"""The paper's registry, matching and injection rules in plain torch, and their fixtures (outputs and gradients)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from common import Tensors, normal, save_case


@dataclass
class Table:
    """A concept table: keys (token ids, one row each), vectors [K, d], scale [d], and its switches."""

    keys: list[list[int]]
    vectors: torch.Tensor
    scale: torch.Tensor
    rule: str = "absolute"
    tanh: bool = True
    overlap: str = "sum"
    strength: float = 1.0


@dataclass(frozen=True)
class Span:
    """Key `key` matches `length` tokens from `start` in sequence `batch`."""

    batch: int
    start: int
    length: int
    key: int


def registry(trigger: list[int], largest: int = 7) -> list[list[int]]:
    """Every distinct span of 2..min(N, L) tokens by length then place; the whole trigger too if it is longer; a single token alone (paper 2.4)."""
    length = len(trigger)
    if length == 1:
        return [list(trigger)]
    keys = [trigger[start:start + size] for size in range(2, min(largest, length) + 1) for start in range(length - size + 1)]
    if length > largest:
        keys.append(list(trigger))
    return [list(key) for key in dict.fromkeys(tuple(key) for key in keys)]


def matches(ids: list[list[int]], keys: list[list[int]]) -> list[Span]:
    """Every exact occurrence of every key, the slow and obvious way; keys with equal ids each match."""
    return [Span(batch, start, len(key), row) for batch, sequence in enumerate(ids) for start in range(len(sequence))
            for row, key in enumerate(keys) if sequence[start:start + len(key)] == key]


def inject(base: torch.Tensor, ids: list[list[int]], tables: list[Table]) -> torch.Tensor:
    """base + sum over tables of strength x delta (paper 2.5; the formulas stand in README.md)."""
    # c_b: mean over all positions of ||h_base[b, t]||, a constant for the gradient.
    lengths = base.detach().norm(dim=-1).mean(dim=-1)
    result = base
    for table in tables:
        gate = torch.tanh(table.scale) if table.tanh else table.scale
        delta = torch.zeros_like(base)
        count = torch.zeros(base.shape[:2], dtype=base.dtype)
        for span in matches(ids, table.keys):
            vector = table.vectors[span.key]
            if table.rule == "relative-norm":
                vector = vector / vector.norm().clamp_min(1e-12) * lengths[span.batch]
            covered = torch.zeros_like(count)
            covered[span.batch, span.start:span.start + span.length] = 1
            count = count + covered
            delta = delta + covered.unsqueeze(-1) * (vector * gate)
        if table.overlap == "mean":
            delta = delta / count.clamp_min(1).unsqueeze(-1)
        result = result + table.strength * delta
    return result


# Two triggers that share tokens, so that spans of both tables overlap; table A holds one key twice (the authors' imported tables do).
IDS = [[90, 5, 6, 7, 8, 5, 6, 9, 7, 8, 91, 91], [90, 6, 7, 8, 9, 6, 7, 11, 5, 6, 7, 8]]
KEYS = {"a": registry([5, 6, 7, 8]) + [[6, 7]], "b": registry([7, 8, 9]) + [[6, 7], [200, 201]]}
SWITCHES = list(itertools.product(("absolute", "relative-norm"), (True, False), ("sum", "mean")))


def build(switches: tuple[str, bool, str], parameters: dict[str, torch.Tensor], names: str, strengths: list[float],
          other: tuple[str, bool, str] | None = None) -> list[Table]:
    """Tables named in `names` over shared parameters; the second may have switches of its own."""
    chosen = [switches, other or switches]
    return [Table(KEYS[name], parameters[f"vectors.{name}"], parameters[f"scale.{name}"], *chosen[index], strengths[index])
            for index, name in enumerate(names)]


def evaluate(tables: list[Table], names: str, inputs: Tensors) -> Tensors:
    """States after injection and gradients of sum(upstream * states) for vectors, scale and base states."""
    parameters = [tensor.requires_grad_(True) for table in tables for tensor in (table.vectors, table.scale)]
    base = inputs["base"].clone().requires_grad_(True)
    states = inject(base, IDS, tables)
    gradients = torch.autograd.grad((states * inputs["upstream"]).sum(), [*parameters, base])
    outputs = {"states": states.detach(), "base_gradient": gradients[-1]}
    for index, name in enumerate(names):
        outputs[f"vectors_gradient.{name}"] = gradients[2 * index]
        outputs[f"scale_gradient.{name}"] = gradients[2 * index + 1]
    return outputs


def make(root: Path) -> None:
    """Every combination of switches with one table at strength 1 and 0.6, and with two tables; one shared set of inputs."""
    width = 32
    inputs: Tensors = {"base": normal(701, 2, 12, width), "upstream": normal(702, 2, 12, width)}
    for index, name in enumerate("ab"):
        inputs[f"vectors.{name}"] = normal(710 + index, len(KEYS[name]), width, scale=0.5)
        inputs[f"scale.{name}"] = normal(720 + index, width, scale=0.8)
    cases, outputs = [], {}
    for rule, tanh, overlap in SWITCHES:
        switches = (rule, tanh, overlap)
        label = f"{rule}-{'tanh' if tanh else 'linear'}-{overlap}"
        # The second table of "mixed" has the opposite of every switch.
        opposite = ("absolute" if rule != "absolute" else "relative-norm", not tanh, "mean" if overlap == "sum" else "sum")
        for kind, names, strengths, other in (("full", "a", [1.0], None), ("weak", "a", [0.6], None),
                                              ("two", "ab", [1.0, 0.6], None), ("mixed", "ab", [0.6, -0.4], opposite)):
            fresh = {key: value.clone() for key, value in inputs.items()}
            tables = build(switches, fresh, names, strengths, other)
            case_id = f"{label}-{kind}"
            outputs.update({f"{case_id}.{key}": value for key, value in evaluate(tables, names, inputs).items()
                            if key != "base_gradient"})
            cases.append({"id": case_id, "tables": [
                {"name": name, "rule": table.rule, "tanh": table.tanh, "overlap": table.overlap, "strength": table.strength}
                for name, table in zip(names, tables)]})
    inputs["input_ids"] = torch.from_numpy(np.array(IDS))
    spans = {name: [[span.batch, span.start, span.length, span.key] for span in matches(IDS, KEYS[name])] for name in "ab"}
    registries = [{"trigger": trigger, "largest": largest, "keys": registry(trigger, largest)} for trigger, largest in (
        ([1, 2, 3, 4, 5, 6, 7], 7), (list(range(1, 10)), 7), ([4, 4, 4, 4], 7), ([1, 2, 1, 2, 3], 3), ([8], 7), ([8, 9], 7),
        (list(range(1, 6)), 2), ([3, 5, 3, 5, 3, 5, 3, 5, 3], 7))]
    save_case(root, {"id": "engram-rules", "keys": KEYS, "spans": spans, "cases": cases, "registries": registries}, inputs, outputs)
