"""Gradient fixtures: d loss / d text states (and d latents) of every U-Net case, by torch autograd."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import UNet2DConditionModel

import unet
from common import FIXTURES, Tensors, normal, save_case

# U-Net case, latent height and width, timesteps for 77 tokens, a shorter token count, its timesteps. The batch is 2.
CASES = [
    ("sd15", (16, 16), [17, 803], 9, [400, 1]),
    ("sd2-linear-head-list", (8, 12), [999, 250], 5, [640]),
    ("odd-latents-f16", (13, 9), [5, 777], 12, [333.5]),
    ("cosine-first-shift-bf16", (8, 8), [960, 42], 3, [111]),
    ("plain-outside-nine-channels", (10, 6), [720, 88], 6, [500, 501]),
    ("sd15-two-layers-f16", (16, 16), [901, 51], 20, [301, 302]),
]

# How far the float32 reference may lie from float64: a fifth of the tolerance that the fixtures are compared with.
OWN_ERROR = 2e-5
SEED_STEP = 10_000


def run(model: UNet2DConditionModel, inputs: Tensors, dtype: torch.dtype = torch.float32) -> Tensors:
    """loss = mean over all of (unet(sample, timestep, states) - noise)^2, and its gradients for states and sample."""
    sample = inputs["sample"].to(dtype).requires_grad_(True)
    states = inputs["encoder_hidden_states"].to(dtype).requires_grad_(True)
    prediction = model(sample, inputs["timestep"], states).sample
    loss = torch.nn.functional.mse_loss(prediction, inputs["noise"].to(dtype))
    states_gradient, sample_gradient = torch.autograd.grad(loss, (states, sample))
    return {"loss": loss.detach().reshape(1), "encoder_hidden_states_gradient": states_gradient,
            "sample_gradient": sample_gradient}


def relative_l2(actual: torch.Tensor, reference: torch.Tensor) -> float:
    """||actual - reference|| / ||reference||, the measure of the gradient proof."""
    return ((actual.double() - reference.double()).norm() / reference.double().norm()).item()


def make_case(model: UNet2DConditionModel, case: dict, folder: Path, description: dict) -> None:
    """Gradients in float32, with their distance from the same in float64.

    Now and then the inputs meet the network at a place so steep that float32 itself is off by 1e-4: no oracle for that
    tolerance. Then other inputs are drawn.
    """
    for seed in range(case["seed"], case["seed"] + 20 * SEED_STEP, SEED_STEP):
        inputs = unet.make_inputs({**case, "seed": seed})
        outputs = run(model, inputs)
        exact = run(model.double(), inputs, torch.float64)
        model.float()
        errors = {name: float(f"{relative_l2(outputs[name], exact[name]):.1e}") for name in outputs}
        if errors["encoder_hidden_states_gradient"] <= OWN_ERROR:
            save_case(folder, {**description, "seed": seed, "float64_relative_l2": errors}, inputs, outputs)
            return
    raise ValueError(f"{description['id']}: float32 gradients are off by more than {OWN_ERROR} for every input tried: {errors}")


def make(root: Path) -> None:
    """Two token counts for every U-Net case; the model is the one in `modules/unet/<unet>/unet`."""
    seed = 400
    for name, (height, width), timesteps, fewer, fewer_timesteps in CASES:
        model = unet.load(FIXTURES / "modules" / "unet" / name / "unet").requires_grad_(False)
        base = next(case for case in unet.CASES if case["id"] == name)
        for tokens, times in ((77, timesteps), (fewer, fewer_timesteps)):
            seed += 1
            case_id = f"{name}-{tokens}-tokens"
            case = {**base, "seed": seed, "batch": 2, "height": height, "width": width, "tokens": tokens, "timesteps": times}
            make_case(model, case, root / case_id,
                      {"id": case_id, "class": "UNet2DConditionModel", "folder": f"../../modules/unet/{name}/unet"})
