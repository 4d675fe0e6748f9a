"""Training loop fixtures: the Tiny-Engram loop through tiny-sd15's U-Net in torch, with every draw given."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel

import unet
from common import TINY, Tensors, normal, save_case, save_tensors, write_json
from engram_rules import Table, inject, registry
from gradients import relative_l2
from scheduler_cases import SD15

TRIGGER = [657, 624, 268, 280, 575, 695, 717]
WARM_UP = 3

# id, draws, rule, tanh, overlap, rate of the vectors.
CASES = [
    dict(id="ten-steps", draws="batch-4", steps=10, rule="absolute", tanh=True, overlap="sum", rate=1e-3),
    dict(id="ten-steps-fast", draws="batch-4", steps=10, rule="absolute", tanh=True, overlap="sum", rate=2e-2),
    dict(id="fifty-steps", draws="batch-2", steps=50, rule="absolute", tanh=True, overlap="sum", rate=1e-3),
    dict(id="fifty-steps-fast", draws="batch-2", steps=50, rule="absolute", tanh=True, overlap="sum", rate=2e-2),
    dict(id="fifty-steps-linear", draws="batch-2", steps=50, rule="absolute", tanh=False, overlap="sum", rate=1e-3),
    dict(id="fifty-steps-mean", draws="batch-2", steps=50, rule="absolute", tanh=True, overlap="mean", rate=1e-3),
    dict(id="fifty-steps-relative", draws="batch-2", steps=50, rule="relative-norm", tanh=True, overlap="sum", rate=5e-4),
    dict(id="fifty-steps-relative-mean", draws="batch-2", steps=50, rule="relative-norm", tanh=True, overlap="mean", rate=5e-4),
]
DRAWS = {"batch-4": (4, 10, 901), "batch-2": (2, 50, 902)}


def caption_ids(seed: int, count: int = 5, trigger: list[int] = TRIGGER) -> list[list[int]]:
    """Captions of 77 ids: start, words with the trigger at different places, end as padding; the last holds only part of the trigger."""
    import numpy as np

    rng = np.random.default_rng(seed)
    captions = []
    for index in range(count):
        words = [int(value) for value in rng.integers(300, 600, 8 + 3 * index)]
        place = int(rng.integers(0, len(words)))
        words[place:place] = trigger if index + 1 < count else trigger[2:5]
        captions.append([772, *words, *[773] * (76 - len(words))])
    return captions


def make_draws(seed: int, batch: int, steps: int, width: int, size: tuple[int, int] = (6, 6), captions: int = 5,
               rows: int = 21) -> Tensors:
    """Everything random about a run: base states and clean latents per caption; per step the captions, times and noise; the first table."""
    import numpy as np

    rng = np.random.default_rng(seed)
    return {
        "base_states": normal(seed * 10 + 1, captions, 77, width), "latents": normal(seed * 10 + 2, captions, 4, *size),
        "noise": normal(seed * 10 + 3, steps, batch, 4, *size),
        "timesteps": torch.from_numpy(rng.integers(0, 1000, (steps, batch))),
        "captions": torch.from_numpy(rng.integers(0, captions, (steps, batch))),
        "vectors": normal(seed * 10 + 4, rows, width, scale=0.02), "scale": torch.full((width,), 0.05),
    }


def multiplier(step: int, steps: int, warm_up: int) -> float:
    """Linear warm-up from zero, then linear decay to zero: the factor of the update number `step` (from 0)."""
    return step / max(1, warm_up) if step < warm_up else max(0.0, (steps - step) / max(1, steps - warm_up))


def train(model: UNet2DConditionModel, case: dict, draws: Tensors, ids: list[list[int]], keys: list[list[int]],
          dtype: torch.dtype = torch.float32) -> Tensors:
    """The loop: losses [S], rate factors [S], first gradients, table after the first effective step and at the end."""
    vectors = draws["vectors"].to(dtype).clone().requires_grad_(True)
    scale = draws["scale"].to(dtype).clone().requires_grad_(True)
    optimizer = torch.optim.AdamW([{"params": [vectors], "lr": case["rate"]}, {"params": [scale], "lr": 1e-4}],
                                  betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    factors = [multiplier(step, case["steps"], WARM_UP) for step in range(case["steps"])]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: factors[min(step, len(factors) - 1)])
    noising = DDPMScheduler.from_config(SD15)
    outputs, losses = {}, []
    for step in range(case["steps"]):
        chosen = draws["captions"][step].tolist()
        noise, timesteps = draws["noise"][step], draws["timesteps"][step]
        noisy = noising.add_noise(draws["latents"][chosen], noise, timesteps)
        table = Table(keys, vectors, scale, case["rule"], case["tanh"], case["overlap"])
        states = inject(draws["base_states"][chosen].to(dtype), [ids[index] for index in chosen], [table])
        prediction = model(noisy.to(dtype), timesteps, states).sample
        loss = torch.nn.functional.mse_loss(prediction, noise.to(dtype))
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            outputs["first_vectors_gradient"], outputs["first_scale_gradient"] = vectors.grad.clone(), scale.grad.clone()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step == 1:  # the rate of update 0 is zero
            outputs["vectors_after_2"], outputs["scale_after_2"] = vectors.detach().clone(), scale.detach().clone()
    outputs.update(vectors=vectors.detach(), scale=scale.detach(), losses=torch.tensor(losses, dtype=torch.float64),
                   rate_factors=torch.tensor(factors, dtype=torch.float64))
    return {name: tensor.float() if name not in ("losses", "rate_factors") else tensor for name, tensor in outputs.items()}


def distances(outputs: Tensors, exact: Tensors, draws: Tensors) -> dict[str, float]:
    """The float32 run against the same in float64, by the measures of the proof: loss, and the table's change."""
    found = {"losses": ((outputs["losses"] - exact["losses"]).abs() / exact["losses"]).max().item()}
    for name in ("vectors", "scale"):
        found[f"{name}_change"] = relative_l2(outputs[name] - draws[name], exact[name] - draws[name])
    return {name: float(f"{value:.1e}") for name, value in found.items()}


def make_case(model: UNet2DConditionModel, case: dict, draws: Tensors, ids: list[list[int]], folder: Path, extra: dict,
              keys: list[list[int]] | None = None) -> None:
    """One run in float32 (kept) and float64 (its distance is kept)."""
    keys = keys or registry(TRIGGER)
    outputs = train(model, case, draws, ids, keys)
    exact = train(model.double(), case, draws, ids, keys, torch.float64)
    model.float()
    change = (outputs["vectors"] - draws["vectors"]).norm().item()
    save_tensors(folder / "outputs.safetensors", outputs)
    write_json(folder / "case.json", {
        **case, **extra, "keys": keys, "caption_ids": ids, "scale_rate": 1e-4, "weight_decay": 0.01, "betas": [0.9, 0.999],
        "eps": 1e-8, "warm_up": WARM_UP, "scheduler": SD15, "vectors_change_l2": change,
        "float64": distances(outputs, exact, draws)}, compact=True)


def make(root: Path) -> None:
    """Ten and fifty steps over tiny-sd15's U-Net, and fifty for every rule; draws are shared by the cases of one batch size."""
    model = unet.load(TINY / "unet").requires_grad_(False)
    ids = caption_ids(900)
    draws = {name: make_draws(seed, batch, steps, 24) for name, (batch, steps, seed) in DRAWS.items()}
    for name, tensors in draws.items():
        save_tensors(root / f"draws-{name}.safetensors", tensors)
    for case in CASES:
        make_case(model, case, draws[case["draws"]], ids, root / case["id"],
                  {"draws": f"../draws-{case['draws']}.safetensors", "folder": "../../tiny-sd15/unet"})
