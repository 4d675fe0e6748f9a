"""Whole images: StableDiffusionPipeline of diffusers over tiny-sd15, for several schedulers."""

from __future__ import annotations

from pathlib import Path

import diffusers
import torch
from diffusers import StableDiffusionPipeline
from diffusers.utils.torch_utils import randn_tensor

from common import TINY, Tensors, normal, relative_difference, save_tensors, write_json

PROMPT = "a photo of Aldric Vortex-9 CyberNebula in a garden, high detail"
NEGATIVE = "blurry, bad anatomy"

CASES = [
    dict(id="ddim", scheduler="DDIMScheduler", float_image=True),
    dict(id="euler", scheduler="EulerDiscreteScheduler"),
    dict(id="pndm", scheduler="PNDMScheduler"),
    dict(id="dpm-2m", scheduler="DPMSolverMultistepScheduler"),
    dict(id="dpm-2m-karras", scheduler="DPMSolverMultistepScheduler", options={"use_karras_sigmas": True}),
    dict(id="euler-ancestral", scheduler="EulerAncestralDiscreteScheduler"),
    dict(id="ddim-no-guidance", scheduler="DDIMScheduler", guidance_scale=1.0),
    dict(id="euler-no-negative-tall", scheduler="EulerDiscreteScheduler", negative_prompt="", width=40, height=72),
    dict(id="euler-two-seeds", scheduler="EulerDiscreteScheduler", seeds=[42, 7], width=32, height=48),
    dict(id="euler-two-images-one-seed", scheduler="EulerDiscreteScheduler", images=2, width=32, height=48),
]
DEFAULTS = dict(prompt=PROMPT, negative_prompt=NEGATIVE, width=64, height=48, steps=8, guidance_scale=7.5, seeds=[42], images=None,
                options={}, float_image=False)


def pipeline(folder: Path, case: dict) -> StableDiffusionPipeline:
    """The pipeline as a user makes it: the folder, and its scheduler's configuration given to another class."""
    pipe = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = getattr(diffusers, case["scheduler"]).from_config(pipe.scheduler.config, **case["options"])
    return pipe


def run(pipe: StableDiffusionPipeline, case: dict, disturb: float = 0.0, keep_last_input: bool = False) -> Tensors:
    """Text states, first latents, first and last raw U-Net output, final latents and image of one call; and what the U-Net took last."""
    outputs: Tensors = {}
    seen: list[torch.Tensor] = []

    def keep(_module, arguments, output) -> None:
        seen.append(output[0].detach().clone())
        if keep_last_input:
            outputs["last_unet_input"], outputs["last_timestep"] = arguments[0].clone(), arguments[1].clone().float().reshape(1)

    hook = pipe.unet.register_forward_hook(keep)
    generators = [torch.Generator("cpu").manual_seed(seed) for seed in case["seeds"]]
    generator = generators if len(generators) > 1 else generators[0]
    count = case["images"] or len(generators)
    factor = pipe.vae_scale_factor
    # The pipeline would draw the very same latents first; drawing them here keeps the generator where it would be.
    latents = randn_tensor((count, pipe.unet.config.in_channels, case["height"] // factor, case["width"] // factor), generator=generator)
    outputs["initial_noise"] = latents.clone()
    if disturb:
        latents = latents * (1 + disturb * normal(77, *latents.shape))
    with torch.no_grad():
        positive, negative = pipe.encode_prompt(case["prompt"], "cpu", 1, case["guidance_scale"] > 1, case["negative_prompt"])
        outputs["latents"] = pipe(
            case["prompt"], negative_prompt=case["negative_prompt"], width=case["width"], height=case["height"],
            num_inference_steps=case["steps"], guidance_scale=case["guidance_scale"], num_images_per_prompt=count,
            generator=generator, latents=latents, output_type="latent").images
        decoded = pipe.vae.decode(outputs["latents"] / pipe.vae.config.scaling_factor).sample
    hook.remove()
    outputs["prompt_embeds"] = positive
    if negative is not None:
        outputs["negative_prompt_embeds"] = negative
    outputs["first_unet_output"], outputs["last_unet_output"] = seen[0], seen[-1]
    outputs["timesteps"] = pipe.scheduler.timesteps.clone()
    image = (decoded / 2 + 0.5).clamp(0, 1)
    if case["float_image"]:
        outputs["decoded"] = decoded
    outputs["pixels"] = (image.permute(0, 2, 3, 1) * 255).round().to(torch.uint8)
    return outputs


def check_pipeline_draws_the_same(pipe: StableDiffusionPipeline, case: dict, latents: torch.Tensor) -> None:
    """Without given latents and with the seed alone the pipeline must arrive at the same result."""
    generators = [torch.Generator("cpu").manual_seed(seed) for seed in case["seeds"]]
    found = pipe(case["prompt"], negative_prompt=case["negative_prompt"], width=case["width"], height=case["height"],
                 num_inference_steps=case["steps"], guidance_scale=case["guidance_scale"],
                 num_images_per_prompt=case["images"] or len(generators),
                 generator=generators if len(generators) > 1 else generators[0], output_type="latent").images
    if not torch.equal(found, latents):
        raise ValueError(f"{case['id']}: the pipeline draws other latents from the seed")


def make(root: Path) -> None:
    """All cases over tiny-sd15; the states of the common prompt are kept once, with `ddim`."""
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    for given in CASES:
        case = {**DEFAULTS, **given}
        pipe = pipeline(TINY, case)
        outputs = run(pipe, case)
        check_pipeline_draws_the_same(pipe, case, outputs["latents"])
        answer = relative_difference(run(pipe, case, 1e-7)["latents"], outputs["latents"])
        if case["prompt"] == PROMPT and case["id"] != "ddim":
            outputs = {key: value for key, value in outputs.items() if not key.endswith("embeds")}
        folder = root / case["id"]
        save_tensors(folder / "outputs.safetensors", outputs)
        write_json(folder / "case.json", {**case, "folder": "../../tiny-sd15", "perturbation_answer": float(f"{answer:.1e}")})
        print(f"  {case['id']}: answer to a 1e-7 perturbation {answer:.1e}", flush=True)
