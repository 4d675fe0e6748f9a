"""Scheduler fixtures: times, sigmas and whole loops with a fixed fake model, run by diffusers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import diffusers
import numpy
import torch
from diffusers.pipelines.stable_diffusion_3.pipeline_stable_diffusion_3 import calculate_shift

from common import Tensors, normal, relative_difference, save_case, save_tensors, write_json
from scheduler_cases import BASES, CASES, SD15, STEPS

FORMULA = "model(x, t) = 0.3 * sin(1.7 * x + 0.001 * t) + 0.1 * x, elementwise in float32"
SHAPE = (2, 4, 4, 4)
NOISE_SEED = 7


def fake_model(sample: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
    """A fixed smooth function of sample and time, in place of a network."""
    return 0.3 * torch.sin(1.7 * sample + 0.001 * float(timestep)) + 0.1 * sample


@contextmanager
def ieee_square_roots() -> Iterator[None]:
    """float32 square roots as IEEE 754 wants them, correctly rounded (numpy's). torch's own, from MKL, is one unit in the last place off
    for a fifth of all numbers on x86, and correctly rounded on other machines: diffusers' answers differ between machines by what this removes."""
    method, power = torch.Tensor.sqrt, torch.Tensor.__pow__

    def sqrt(self: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(numpy.sqrt(self.detach().numpy())) if self.dtype == torch.float32 else method(self)

    def pow_(self: torch.Tensor, exponent: object) -> torch.Tensor:
        return sqrt(self) if isinstance(exponent, float) and exponent == 0.5 else power(self, exponent)

    torch.Tensor.sqrt, torch.Tensor.__pow__ = sqrt, pow_
    try:
        yield
    finally:
        torch.Tensor.sqrt, torch.Tensor.__pow__ = method, power


def file_name(scheduler: str) -> str:
    """`DPMSolverMultistepScheduler` -> `dpm-solver-multistep`."""
    return {"DDPMScheduler": "ddpm", "DDIMScheduler": "ddim", "PNDMScheduler": "pndm", "EulerDiscreteScheduler": "euler-discrete",
            "EulerAncestralDiscreteScheduler": "euler-ancestral-discrete", "HeunDiscreteScheduler": "heun-discrete",
            "LMSDiscreteScheduler": "lms-discrete", "DPMSolverMultistepScheduler": "dpm-solver-multistep",
            "UniPCMultistepScheduler": "unipc-multistep", "FlowMatchEulerDiscreteScheduler": "flow-match-euler-discrete",
            "FlowMatchHeunDiscreteScheduler": "flow-match-heun-discrete"}[scheduler]


def create(scheduler: str, options: dict):
    """The diffusers scheduler from its base file (SD1.5's, or SD3's) with some options changed."""
    return getattr(diffusers, scheduler).from_config({**BASES.get(scheduler, SD15), **options_of(options)})


def options_of(options: dict) -> dict:
    """The options that belong in scheduler_config.json."""
    return {key: value for key, value in options.items() if key not in ("steps", "image_tokens") and not key.startswith("step:")}


def dynamic_shift(object_, options: dict) -> dict:
    """The argument `mu` of set_timesteps for a picture of so many tokens, as StableDiffusion3Pipeline computes it."""
    if "image_tokens" not in options:
        return {}
    line = [object_.config.get(key, fallback) for key, fallback in
            (("base_image_seq_len", 256), ("max_image_seq_len", 4096), ("base_shift", 0.5), ("max_shift", 1.16))]
    return {"mu": calculate_shift(options["image_tokens"], *line)}


def loop(scheduler: str, options: dict, steps: int, sample: torch.Tensor, noise_seed: int = NOISE_SEED) -> Tensors:
    """One whole denoising loop: times, sigmas, and the sample after the first, the middle and the last step."""
    object_ = create(scheduler, options)
    object_.set_timesteps(steps, **dynamic_shift(object_, options))
    extra = {key.removeprefix("step:"): value for key, value in options.items() if key.startswith("step:")}
    if "generator" in object_.step.__code__.co_varnames:
        extra["generator"] = torch.Generator("cpu").manual_seed(noise_seed)
    outputs: Tensors = {"timesteps": object_.timesteps.clone(),
                        "init_noise_sigma": torch.tensor([float(getattr(object_, "init_noise_sigma", 1.0))], dtype=torch.float32)}
    if hasattr(object_, "sigmas"):
        outputs["sigmas"] = torch.as_tensor(object_.sigmas).clone().float()
    sample = sample * getattr(object_, "init_noise_sigma", 1.0)
    scale = getattr(object_, "scale_model_input", lambda sample, _: sample)  # flow matching has none
    calls = len(object_.timesteps)
    for index, timestep in enumerate(object_.timesteps):
        prediction = fake_model(scale(sample, timestep), timestep)
        sample = object_.step(prediction, timestep, sample, **extra).prev_sample
        if index == 0:
            outputs["first"] = sample
        if index == calls // 2:
            outputs["middle"] = sample
    outputs["final"] = sample.float()
    return outputs


def make_scheduler(root: Path, scheduler: str, sample: torch.Tensor, noise_seed: int = NOISE_SEED) -> float:
    """All variants of one class in one file. Returns the worst answer to a perturbation of 1e-7 of the initial sample."""
    listed, outputs, worst = [], {}, 0.0
    for variant, options in CASES[scheduler].items():
        for steps in options.get("steps", STEPS):
            case_id = f"{variant}.{steps}"
            found = loop(scheduler, options, steps, sample, noise_seed)
            if not torch.isfinite(found["final"]).all():
                raise ValueError(f"{scheduler} {case_id}: not finite")
            disturbed = loop(scheduler, options, steps, sample * (1 + 1e-7 * normal(99, *SHAPE)), noise_seed)
            answer = relative_difference(disturbed["final"], found["final"])
            worst = max(worst, answer)
            kept = set(found) if variant in ("sd15", "sd3") else set(found) - {"first", "middle"}
            outputs.update({f"{case_id}.{name}": found[name] for name in kept})
            if options.get("rescale_betas_zero_snr"):
                # The last noise level, sqrt(2^24 - 1), lies so close to the middle between two float32 numbers that MKL rounds it to the wrong one.
                with ieee_square_roots():
                    exact = loop(scheduler, options, steps, sample, noise_seed)
                outputs.update({f"{case_id}.ieee.final": exact["final"], f"{case_id}.ieee.init_noise_sigma": exact["init_noise_sigma"]})
            listed.append({"id": case_id, "options": options_of(options),
                           "step": {k.removeprefix("step:"): v for k, v in options.items() if k.startswith("step:")},
                           **({"image_tokens": options["image_tokens"]} if "image_tokens" in options else {}), "num_inference_steps": steps, "perturbation_answer": float(f"{answer:.1e}")})
    folder = root / file_name(scheduler)
    save_tensors(folder / "outputs.safetensors", outputs)
    write_json(folder / "case.json", {"id": folder.name, "class": scheduler, "base": BASES.get(scheduler, SD15), "model": FORMULA, "noise_seed": noise_seed,
                                      "cases": listed}, compact=True)
    return worst


def make_training(root: Path) -> None:
    """alphas_cumprod of every beta schedule; DDPM's and Euler's add_noise; the velocity target."""
    variants = {"sd15": {}, "linear": CASES["DDPMScheduler"]["linear"], "cosine": CASES["DDPMScheduler"]["cosine"],
                "sigmoid": {"beta_schedule": "sigmoid"}, "zero-snr": {"rescale_betas_zero_snr": True}}
    timesteps = torch.tensor([0, 1, 250, 500, 998, 999])
    inputs = {"sample": normal(801, 6, 4, 4, 4), "noise": normal(802, 6, 4, 4, 4), "timesteps": timesteps}
    outputs: Tensors = {}
    for name, options in variants.items():
        scheduler = create("DDPMScheduler", options)
        outputs[f"alphas_cumprod.{name}"] = scheduler.alphas_cumprod
        outputs[f"add_noise.{name}"] = scheduler.add_noise(inputs["sample"], inputs["noise"], timesteps)
        outputs[f"velocity.{name}"] = scheduler.get_velocity(inputs["sample"], inputs["noise"], timesteps)
    euler = create("EulerDiscreteScheduler", {})
    euler.set_timesteps(20)
    inputs["euler_timesteps"] = euler.timesteps[[0, 3, 7, 12, 18, 19]]
    outputs["add_noise.euler-20-steps"] = euler.add_noise(inputs["sample"], inputs["noise"], inputs["euler_timesteps"])
    save_case(root / "training", {"id": "training", "base": SD15, "options": variants}, inputs, outputs)


def make(root: Path) -> None:
    """All classes; the initial sample and the noise that seed 7 gives are shared."""
    warnings.simplefilter("ignore")
    diffusers.utils.logging.set_verbosity_error()
    sample = normal(800, *SHAPE)
    generator = torch.Generator("cpu").manual_seed(NOISE_SEED)
    noise = torch.stack([torch.randn(SHAPE, generator=generator) for _ in range(max(STEPS))])
    save_tensors(root / "inputs.safetensors", {"sample": sample, "noise": noise})
    for scheduler in CASES:
        print(f"  {scheduler}: worst answer to a 1e-7 perturbation {make_scheduler(root, scheduler, sample):.1e}", flush=True)
    make_training(root)
