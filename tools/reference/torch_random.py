"""Draws of torch's CPU generator: streams of consecutive calls on one seeded generator, values kept whole where small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from diffusers.utils.torch_utils import randn_tensor

from common import Tensors, save_tensors, write_json

# Streams are lists of (call, arguments). Sizes below 16 go the scalar way, which keeps half of its last pair for the next call.
MIXED = [
    ("randn", {"size": [3]}), ("randn", {"size": [16]}), ("randn", {"size": [2]}), ("randn", {"size": [17]}),
    ("randn", {"size": [1]}), ("rand", {"size": [4]}), ("randn", {"size": [2]}), ("randint", {"low": 0, "high": 1000, "size": [3]}),
    ("randn", {"size": [1]}), ("randn", {"size": [1]}), ("randn", {"size": [31]}), ("randperm", {"n": 5}), ("randn", {"size": [15]}),
    ("randn", {"size": [1]}), ("randn", {"size": [4, 8, 8]}),
]
INTEGERS = [
    ("randint", {"low": low, "high": high, "size": [6]})
    for low, high in ((0, 2), (0, 10), (-5, 5), (0, 1000), (0, 2**16 + 1), (0, 2**28 - 1), (0, 2**28), (0, 2**31), (7, 2**32 + 6),
                      (0, 2**32), (0, 2**32 + 1), (0, 2**40), (-(2**62), 2**62), (0, 2**63 - 1))
]
PERMUTATIONS = [("randperm", {"n": n}) for n in (1, 2, 3, 10, 97, 300)]
UNIFORMS = [("rand", {"size": [5]}), ("rand", {"size": [40]}), ("rand", {"size": [5], "dtype": "float64"}), ("rand", {"size": [2, 3]})]
DOUBLES = [("randn", {"size": [size], "dtype": "float64"}) for size in (1, 4, 5, 16, 21)]
SIZES = [1, 5, 15, 16, 17, 64, 100, 256, 1000]


def streams() -> list[dict]:
    """Every committed stream: id, seed and calls."""
    found = [{"id": f"randn-seed{seed}-size{size}", "seed": seed, "calls": [("randn", {"size": [size]})]}
             for seed in (0, 42) for size in SIZES]
    found += [{"id": f"randn-seed{seed}-size{size}", "seed": seed, "calls": [("randn", {"size": [size]})]}
              for seed in (1, 2**31, 2**32 - 1, 2**32, 2**32 + 5, 2**53 - 1, 2**64 - 1, -1, -42, -(2**63)) for size in (5, 17)]
    for seed in (0, 1, 42, 20260301):
        found.append({"id": f"mixed-seed{seed}", "seed": seed, "calls": MIXED})
    for name, calls in (("integers", INTEGERS), ("permutations", PERMUTATIONS), ("uniforms", UNIFORMS), ("doubles", DOUBLES)):
        found += [{"id": f"{name}-seed{seed}", "seed": seed, "calls": calls} for seed in (0, 42)]
    return found


def random_streams(rng: np.random.Generator, count: int) -> list[dict]:
    """New streams of up to ten consecutive calls, sizes on both sides of 16 and up to a few thousand, seeds of up to 64 bits."""
    def call() -> tuple[str, dict]:
        kind = str(rng.choice(["randn", "randn", "rand", "randint", "randperm"]))
        size = [int(rng.choice([rng.integers(1, 16), rng.integers(16, 70), rng.integers(70, 5000)]))]
        if kind == "randperm":
            return kind, {"n": size[0]}
        if kind == "randint":
            low = int(rng.integers(-(2**40), 2**40))
            return kind, {"low": low, "high": low + int(2 ** rng.uniform(0.1, 51)) + 1, "size": size}
        return kind, {"size": size}

    return [{"id": f"live-{index}", "seed": int(rng.integers(0, 2 ** int(rng.integers(1, 64)))),
             "calls": [call() for _ in range(int(rng.integers(1, 11)))]} for index in range(count)]


def listed(stream: dict) -> dict:
    """A stream as JSON. Seeds and bounds beyond 2^53 are not JavaScript numbers: written as text."""
    return {**stream, "seed": str(stream["seed"]), "calls": [
        {"call": call, **{key: str(value) if key in ("low", "high") else value for key, value in arguments.items()}}
        for call, arguments in stream["calls"]]}


def draw(generator: torch.Generator, call: str, arguments: dict) -> torch.Tensor:
    """One call on the generator."""
    keywords = dict(arguments)
    if "dtype" in keywords:
        keywords["dtype"] = getattr(torch, keywords["dtype"])
    if call == "randperm":
        return torch.randperm(keywords["n"], generator=generator)
    if call == "randint":
        return torch.randint(keywords["low"], keywords["high"], keywords["size"], generator=generator)
    return getattr(torch, call)(keywords["size"], generator=generator, **{k: v for k, v in keywords.items() if k == "dtype"})


def run(stream: dict) -> Tensors:
    """`<id>.<index>`: the values of each call, row-major."""
    generator = torch.Generator("cpu").manual_seed(stream["seed"])
    return {f"{stream['id']}.{index}": draw(generator, call, arguments) for index, (call, arguments) in enumerate(stream["calls"])}


def seed_facts() -> list[dict]:
    """What torch makes of each seed: the number it keeps, or its refusal."""
    facts = []
    for seed in (0, -1, -42, 2**32 + 5, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1):
        try:
            facts.append({"seed": str(seed), "initial_seed": str(torch.Generator("cpu").manual_seed(seed).initial_seed())})
        except (RuntimeError, OverflowError, ValueError) as error:
            facts.append({"seed": str(seed), "refused": f"{type(error).__name__}: {error}".splitlines()[0]})
    return facts


def make(root: Path) -> None:
    """All streams, a saved state that goes on, latents of a generator list, and one large draw's ends."""
    outputs: Tensors = {}
    for stream in streams():
        outputs.update(run(stream))

    generator = torch.Generator("cpu").manual_seed(42)
    torch.randn(3, generator=generator)
    torch.randn(700, generator=generator)
    outputs["state.bytes"] = generator.get_state()
    outputs["state.next_randn_3"] = torch.randn(3, generator=generator)
    outputs["state.next_randn_20"] = torch.randn(20, generator=generator)

    generators = [torch.Generator("cpu").manual_seed(seed) for seed in (3, 4)]
    outputs["latents.generator_list"] = randn_tensor((2, 4, 6, 8), generator=generators)
    outputs["latents.one_generator"] = randn_tensor((2, 4, 6, 8), generator=torch.Generator("cpu").manual_seed(3))

    large = torch.randn(20005, generator=torch.Generator("cpu").manual_seed(42))
    outputs["large.first"], outputs["large.last"] = large[:16], large[-32:]
    outputs["large.sum"] = large.double().sum().reshape(1)

    save_tensors(root / "outputs.safetensors", outputs)
    write_json(root / "case.json", {
        "id": "random", "what": "torch.Generator('cpu').manual_seed(seed), then the calls in order; tensor `<id>.<index>` holds call number index",
        "streams": [listed(stream) for stream in streams()], "seeds": seed_facts(),
        "state": {"before": "manual_seed(42), randn(3), randn(700)", "bytes": "state.bytes, U8", "after": ["state.next_randn_3", "state.next_randn_20"]},
        "latents": {"shape": [2, 4, 6, 8], "generator_list": "seeds 3 and 4, one draw of [1, 4, 6, 8] each", "one_generator": "seed 3, one draw"},
        "large": {"seed": 42, "size": 20005, "first": 16, "last": 32}}, compact=True)
