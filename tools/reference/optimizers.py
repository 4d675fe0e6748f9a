"""AdamW over two parameter groups with given gradients, and the learning rates of diffusers' schedules with warm-up."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers.optimization import get_scheduler

from common import Tensors, normal, save_case, write_json

STEPS = 60
KEPT = (1, 2, 10, 60)
GROUPS = {
    "vectors": dict(shape=(21, 24), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8),
    "scale": dict(shape=(24,), lr=1e-4, weight_decay=0.0, betas=(0.8, 0.99), eps=1e-6),
}
RATES = [("constant_with_warmup", 50, 7), ("linear", 50, 7), ("cosine", 50, 7), ("linear", 50, 0), ("cosine", 50, 0), ("linear", 5, 5)]


def gradients(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    """Gradients of very different sizes, some of them exactly zero."""
    values = normal(seed, STEPS, *shape, scale=1e-3)
    values = values * torch.exp2(normal(seed + 1, STEPS, *shape) * 6)
    values[:, ..., 0] = 0
    return values


def make_adamw(root: Path) -> None:
    """Parameters and moments after some of the steps; the rate halves after 30."""
    inputs: Tensors = {}
    parameters = {}
    for index, (name, group) in enumerate(GROUPS.items()):
        inputs[f"{name}.start"] = normal(950 + index, *group["shape"], scale=0.05)
        inputs[f"{name}.gradients"] = gradients(group["shape"], 960 + 2 * index)
        parameters[name] = inputs[f"{name}.start"].clone().requires_grad_(True)
    options = {name: {key: value for key, value in group.items() if key != "shape"} for name, group in GROUPS.items()}
    optimizer = torch.optim.AdamW([{"params": [parameters[name]], **options[name]} for name in GROUPS], foreach=False)
    outputs: Tensors = {}
    for step in range(1, STEPS + 1):
        for name in GROUPS:
            parameters[name].grad = inputs[f"{name}.gradients"][step - 1].clone()
        if step == 31:
            for group in optimizer.param_groups:
                group["lr"] /= 2
        optimizer.step()
        if step in KEPT:
            for name in GROUPS:
                outputs[f"{name}.{step}"] = parameters[name].detach().clone()
    for name in GROUPS:
        outputs[f"{name}.exp_avg"] = optimizer.state[parameters[name]]["exp_avg"]
        outputs[f"{name}.exp_avg_sq"] = optimizer.state[parameters[name]]["exp_avg_sq"]
    save_case(root / "adamw", {"id": "adamw", "steps": STEPS, "kept": list(KEPT), "groups": options, "rate_halves_after": 30}, inputs, outputs)


def make_rates(root: Path) -> None:
    """The factor on the rate at every update, from 0 to the last."""
    cases = []
    for name, steps, warm_up in RATES:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        schedule = get_scheduler(name, optimizer, num_warmup_steps=warm_up, num_training_steps=steps)
        factors = []
        for _ in range(steps):
            factors.append(schedule.get_last_lr()[0])
            optimizer.step()
            schedule.step()
        cases.append({"schedule": name.removesuffix("_with_warmup"), "steps": steps, "warm_up": warm_up, "factors": factors})
    write_json(root / "rates.json", {"cases": cases}, compact=True)


def make(root: Path) -> None:
    """Both."""
    make_adamw(root)
    make_rates(root)
