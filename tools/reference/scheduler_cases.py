"""The table of scheduler cases: which diffusers class, and which options differ from SD1.5's scheduler_config.json."""

from __future__ import annotations

# SD1.5's own file. A class ignores the options that it does not have, as `from_config` does.
SD15 = {
    "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "beta_start": 0.00085, "clip_sample": False, "num_train_timesteps": 1000, "set_alpha_to_one": False,
    "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None,
}

SPACINGS = {f"{spacing}": {"timestep_spacing": spacing} for spacing in ("leading", "trailing", "linspace")}
OFFSET = {"no-offset": {"steps_offset": 0}}
BETAS = {"linear": {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}, "cosine": {"beta_schedule": "squaredcos_cap_v2"}}
V = {"v-prediction": {"prediction_type": "v_prediction"}}
X0 = {"sample-prediction": {"prediction_type": "sample"}}
ZERO_SNR = {"zero-snr": {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}}
KARRAS = {"karras": {"use_karras_sigmas": True}}
SIGMAS = {**KARRAS, "karras-leading": {"use_karras_sigmas": True, "timestep_spacing": "leading"},
          "exponential": {"use_exponential_sigmas": True}, "beta-sigmas": {"use_beta_sigmas": True}}
# With whole-number times, 50 beta sigmas start with the same time twice; diffusers then starts at the second and runs out of sigmas.
SIGMAS_WHOLE = {**SIGMAS, "beta-sigmas": {"use_beta_sigmas": True, "steps": (5, 20)}}
# diffusers divides infinities (NaN) where these meet a last sigma of zero.
SIGMA_MIN = {"final_sigmas_type": "sigma_min"}
FEWER = {"train-600": {"num_train_timesteps": 600}}
THRESHOLD = {"thresholding": {"thresholding": True, "sample_max_value": 1.5}}
TRAINED = {"trained-betas": {"trained_betas": [round(0.01 + 0.004 * index, 6) for index in range(60)], "num_train_timesteps": 60}}

FLOW_OF = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
# A class takes the shift under its own name, whatever another class left in the file under the other one.
FLOWS = {"flow-both-shifts": {**FLOW_OF, "flow_shift": 3.0, "shift": 5.0}, "flow": {**FLOW_OF, "flow_shift": 3.0}, "flow-no-shift": FLOW_OF, "flow-order-1": {**FLOW_OF, "flow_shift": 3.0, "solver_order": 1},
         "flow-order-3": {**FLOW_OF, "flow_shift": 2.5, "solver_order": 3}, "flow-train-600": {**FLOW_OF, "flow_shift": 5.0, "num_train_timesteps": 600}}
# `image_tokens` becomes the argument `mu` of set_timesteps, as pipelines compute it.
DYNAMIC = {"use_dynamic_shifting": True, "image_tokens": 1000}

# class -> variant -> options over SD1.5's. Options whose name starts with `step:` are arguments of `step`;
# `steps` replaces STEPS.
CASES: dict[str, dict[str, dict]] = {
    "DDPMScheduler": {
        "sd15": {}, **SPACINGS, **OFFSET, **BETAS, **V, **X0, **ZERO_SNR, **FEWER, **THRESHOLD,
        "clip": {"clip_sample": True}, "clip-range": {"clip_sample": True, "clip_sample_range": 2.0},
        # fixed_large_log is left out: diffusers takes the square root of a logarithm there and yields NaN.
        "fixed-small-log": {"variance_type": "fixed_small_log"}, "fixed-large": {"variance_type": "fixed_large"},
    },
    "DDIMScheduler": {
        "sd15": {}, **SPACINGS, **OFFSET, **BETAS, **V, **X0, **ZERO_SNR, **FEWER, **THRESHOLD, **TRAINED,
        "alpha-to-one": {"set_alpha_to_one": True}, "clip": {"clip_sample": True},
        "clip-range": {"clip_sample": True, "clip_sample_range": 2.0},
        "clip-use-clipped": {"clip_sample": True, "step:use_clipped_model_output": True},
        "eta-half": {"step:eta": 0.5}, "eta-one": {"step:eta": 1.0},
    },
    "PNDMScheduler": {
        "sd15": {}, **SPACINGS, **OFFSET, **BETAS, **V, **FEWER, "alpha-to-one": {"set_alpha_to_one": True},
        "runge-kutta": {"skip_prk_steps": False},
    },
    "EulerDiscreteScheduler": {
        "sd15": {}, **SPACINGS, **OFFSET, **BETAS, **V, **X0, **ZERO_SNR, **SIGMAS, **FEWER,
        "log-linear": {"interpolation_type": "log_linear"}, "final-sigma-min": SIGMA_MIN,
        "continuous": {"timestep_type": "continuous", "prediction_type": "v_prediction"},
        "sigma-bounds": {"use_karras_sigmas": True, "sigma_min": 0.05, "sigma_max": 10.0},
    },
    "EulerAncestralDiscreteScheduler": {"sd15": {}, **SPACINGS, **OFFSET, **BETAS, **V, **ZERO_SNR, **FEWER},
    "HeunDiscreteScheduler": {"sd15": {}, **SPACINGS, **OFFSET, **BETAS, **V, **X0, **SIGMAS, **FEWER, "clip": {"clip_sample": True}},
    "LMSDiscreteScheduler": {"sd15": {}, **SPACINGS, **OFFSET, **BETAS, **V, **X0, **SIGMAS, **FEWER},
    "DPMSolverMultistepScheduler": {
        "sd15": {}, **SPACINGS, **OFFSET, **BETAS, **V, **X0, **ZERO_SNR, **SIGMAS_WHOLE, **FEWER, **THRESHOLD,
        "order-1": {"solver_order": 1}, "order-3": {"solver_order": 3}, "heun": {"solver_type": "heun"},
        "plain": {"algorithm_type": "dpmsolver", **SIGMA_MIN}, "euler-at-final": {"euler_at_final": True},
        "no-lower-order-final": {"lower_order_final": False}, "lu-lambdas": {"use_lu_lambdas": True},
        "final-sigma-min": SIGMA_MIN, "lambda-clipped": {"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1},
        "sde": {"algorithm_type": "sde-dpmsolver++"}, "sde-karras": {"algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True},
        "sde-heun": {"algorithm_type": "sde-dpmsolver++", "solver_type": "heun"},
        "sde-plain": {"algorithm_type": "sde-dpmsolver", **SIGMA_MIN}, **FLOWS,
        "flow-heun": {**FLOW_OF, "flow_shift": 3.0, "solver_type": "heun"}, "flow-threshold": {**FLOW_OF, "flow_shift": 3.0, "thresholding": True, "sample_max_value": 1.5},
        "flow-sde": {**FLOW_OF, "flow_shift": 3.0, "algorithm_type": "sde-dpmsolver++"},
    },
    "UniPCMultistepScheduler": {
        "sd15": {}, **SPACINGS, **OFFSET, **BETAS, **V, **X0, **ZERO_SNR, **SIGMAS_WHOLE, **FEWER, **THRESHOLD,
        "bh1": {"solver_type": "bh1", **SIGMA_MIN}, "order-1": {"solver_order": 1}, "order-3": {"solver_order": 3},
        "predict-noise": {"predict_x0": False, **SIGMA_MIN}, "no-corrector-0": {"disable_corrector": [0]},
        "no-lower-order-final": {"lower_order_final": False, **SIGMA_MIN}, "final-sigma-min": SIGMA_MIN, **FLOWS,
        "flow-terminal": {**FLOW_OF, "flow_shift": 3.0, "shift_terminal": 0.1}, "flow-final-sigma-min": {**FLOW_OF, **SIGMA_MIN, "flow_shift": 3.0},
        "flow-dynamic": {**FLOW_OF, **DYNAMIC}, "flow-dynamic-linear": {**FLOW_OF, **DYNAMIC, "time_shift_type": "linear"},
    },
    "FlowMatchEulerDiscreteScheduler": {
        "sd3": {}, "no-shift": {"shift": 1.0}, "shift-half": {"shift": 0.5}, "train-600": {"num_train_timesteps": 600},
        "dynamic": DYNAMIC, "dynamic-linear": {**DYNAMIC, "time_shift_type": "linear"},
        "dynamic-line": {**DYNAMIC, "base_shift": 0.4, "max_shift": 2.0, "base_image_seq_len": 100, "max_image_seq_len": 3000},
        "terminal": {"shift_terminal": 0.1}, "dynamic-terminal": {**DYNAMIC, "shift_terminal": 0.02}, "inverted": {"invert_sigmas": True},
        "karras": {"use_karras_sigmas": True}, "exponential": {"use_exponential_sigmas": True}, "beta-sigmas": {"use_beta_sigmas": True},
        "karras-dynamic": {**DYNAMIC, "use_karras_sigmas": True}, "stochastic": {"stochastic_sampling": True},
        "stochastic-karras": {"stochastic_sampling": True, "use_karras_sigmas": True}, "both-shifts": {"flow_shift": 5.0},
        **{f"{spacing}-bounds": {f"use_{spacing}_sigmas": True, "sigma_min": 0.05, "sigma_max": 0.9} for spacing in ("karras", "exponential", "beta")},
    },
    "FlowMatchHeunDiscreteScheduler": {"sd3": {}, "no-shift": {"shift": 1.0}, "shift-half": {"shift": 0.5}, "train-600": {"num_train_timesteps": 600}},
}

# SD3.5's own scheduler_config.json.
SD3 = {"_class_name": "FlowMatchEulerDiscreteScheduler", "_diffusers_version": "0.29.0.dev0", "num_train_timesteps": 1000, "shift": 3.0}
# What a class's variants differ from, where that isn't SD1.5's file.
BASES = {name: SD3 for name in CASES if name.startswith("FlowMatch")}

STEPS = (5, 20, 50)
