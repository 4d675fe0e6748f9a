"""Whole images: StableDiffusion3Pipeline of diffusers over tiny-sd3, for several schedulers, with and without T5."""

from __future__ import annotations

from pathlib import Path

import diffusers
import torch
from diffusers import StableDiffusion3Pipeline
from diffusers.utils.torch_utils import randn_tensor

from common import FIXTURES, Tensors, normal, relative_difference, save_tensors, write_json
from image import NEGATIVE, PROMPT
from t5_tokens import MAX_LENGTH

TINY_SD3 = FIXTURES / "tiny-sd3"

FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0}
CASES = [
    dict(id="euler"),
    dict(id="heun", scheduler="FlowMatchHeunDiscreteScheduler"),
    dict(id="dpm-2m", scheduler="DPMSolverMultistepScheduler", options=FLOW),
    dict(id="euler-dynamic", options={"use_dynamic_shifting": True}, width=96, height=64),
    dict(id="euler-no-guidance", guidance_scale=1.0),
    dict(id="euler-no-t5", t5=False),
    dict(id="euler-no-negative-tall-two-seeds", negative_prompt="", seeds=[42, 7], width=32, height=80),
]
DEFAULTS = dict(prompt=PROMPT, negative_prompt=NEGATIVE, width=64, height=48, steps=8, guidance_scale=4.5, seeds=[42], scheduler=None, options={}, t5=True,
                tokens=MAX_LENGTH)
# Tokens of zeros where T5 is absent: the pipeline's own default.
ABSENT_TOKENS = 256


def pipeline(folder: Path, case: dict) -> StableDiffusion3Pipeline:
    """The pipeline as a user makes it: the folder, with or without T5, and its scheduler's configuration given to another class."""
    absent = {} if case["t5"] else {"text_encoder_3": None, "tokenizer_3": None}
    pipe = StableDiffusion3Pipeline.from_pretrained(folder, torch_dtype=torch.float32, **absent)
    pipe.set_progress_bar_config(disable=True)
    kind = type(pipe.scheduler) if case["scheduler"] is None else getattr(diffusers, case["scheduler"])
    pipe.scheduler = kind.from_config(pipe.scheduler.config, **case["options"])
    return pipe


def run(pipe: StableDiffusion3Pipeline, case: dict, disturb: float = 0.0, keep_last_input: bool = False) -> Tensors:
    """Text states, pooled projections, first and last raw prediction, final latents and image of one call; and what the transformer took last."""
    outputs: Tensors = {}
    seen: list[torch.Tensor] = []

    def keep(_module, _arguments, keywords, output) -> None:
        seen.append(output[0].detach().clone())
        if keep_last_input:
            outputs["last_input"], outputs["last_timestep"] = keywords["hidden_states"].clone(), keywords["timestep"][:1].clone().float()

    hook = pipe.transformer.register_forward_hook(keep, with_kwargs=True)
    generators = [torch.Generator("cpu").manual_seed(seed) for seed in case["seeds"]]
    factor = pipe.vae_scale_factor
    # One draw per generator, as the pipeline makes them for a list of generators.
    latents = randn_tensor((len(generators), pipe.transformer.config.in_channels, case["height"] // factor, case["width"] // factor), generator=generators)
    if disturb:
        latents = latents * (1 + disturb * normal(77, *latents.shape))
    tokens = case["tokens"] if case["t5"] else ABSENT_TOKENS
    with torch.no_grad():
        positive, negative, pooled, negative_pooled = pipe.encode_prompt(
            case["prompt"], None, None, device="cpu", do_classifier_free_guidance=case["guidance_scale"] > 1, negative_prompt=case["negative_prompt"],
            max_sequence_length=tokens)
        outputs["latents"] = pipe(
            case["prompt"], negative_prompt=case["negative_prompt"], width=case["width"], height=case["height"], num_inference_steps=case["steps"],
            guidance_scale=case["guidance_scale"], num_images_per_prompt=len(generators), latents=latents, output_type="latent",
            max_sequence_length=tokens).images
        decoded = pipe.vae.decode(outputs["latents"] / pipe.vae.config.scaling_factor + pipe.vae.config.shift_factor).sample
    hook.remove()
    outputs.update(prompt_embeds=positive, pooled_prompt_embeds=pooled, first_output=seen[0], last_output=seen[-1], timesteps=pipe.scheduler.timesteps.clone())
    if negative is not None:
        outputs.update(negative_prompt_embeds=negative, negative_pooled_prompt_embeds=negative_pooled)
    outputs["pixels"] = ((decoded / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1) * 255).round().to(torch.uint8)
    return outputs


def make(root: Path) -> None:
    """All cases over tiny-sd3; the states of the common prompts are kept once, with `euler`, and once without T5."""
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    for given in CASES:
        case = {**DEFAULTS, **given}
        pipe = pipeline(TINY_SD3, case)
        outputs = run(pipe, case)
        answer = relative_difference(run(pipe, case, 1e-7)["latents"], outputs["latents"])
        if case["id"] != "euler":
            outputs = {key: value for key, value in outputs.items() if not key.endswith("embeds")}
        folder = root / case["id"]
        save_tensors(folder / "outputs.safetensors", outputs)
        write_json(folder / "case.json", {**case, "folder": "../../tiny-sd3", "perturbation_answer": float(f"{answer:.1e}")})
        print(f"  {case['id']}: answer to a 1e-7 perturbation {answer:.1e}", flush=True)
