"""Makes the pocket model and its probes, from drawings to files: `python tools/pocket/make.py --data DIR`.

Every phase is seeded and resumable: run the same command again to go on, until it says "all done". `--piece SECONDS` ends a
piece in time with a checkpoint (exit code 3 while something remains). Presets: `gpu` (some 22 minutes of one H100) and
`cpu` (some five hours of two cores); `smoke` runs every phase for a few steps.
"""

import subprocess
from pathlib import Path

import architecture
import phase_latents
import phase_tokenizer
from pieces import keep_records, read_options, run_phases

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

# Steps bound a phase; seconds of training bound it too where they are given, and the learning rate falls over what comes first.
PRESETS = {
    "gpu": dict(count=100_000, held_out=6000, probe_steps=6000, probe_seconds=120, probe_batch=512, eye_steps=1000, vae_steps=40_000, vae_seconds=300, vae_batch=32, vae_rate=1e-2,
                sight_steps=3000, sight_batch=256, text_steps=3000, text_seconds=40, text_batch=512, text_rate=5e-3,
                unet_steps=200_000, unet_seconds=660, unet_batch=256, unet_rate=1e-2, unet_decay=0.9995, vae_channels="32,48,64,64", compile=("probes", "vae", "unet")),
    "cpu": dict(count=30_000, held_out=3000, probe_steps=1400, probe_seconds=2400, probe_batch=64, eye_steps=300, vae_steps=20_000, vae_seconds=6000, vae_batch=4, vae_rate=1e-2,
                sight_steps=2000, sight_batch=64, text_steps=1500, text_seconds=400, text_batch=64, text_rate=5e-3,
                unet_steps=30_000, unet_seconds=12_000, unet_batch=32, unet_rate=1e-2, unet_decay=0.998, vae_channels="16,32,64,64", compile=("vae",)),
    "smoke": dict(count=256, held_out=128, probe_steps=3, probe_seconds=None, probe_batch=8, eye_steps=3, vae_steps=4, vae_seconds=None, vae_batch=2, vae_rate=1e-2,
                  sight_steps=3, sight_batch=8, text_steps=3, text_seconds=None, text_batch=8, text_rate=5e-3,
                  unet_steps=3, unet_seconds=None, unet_batch=4, unet_rate=5e-3, unet_decay=0.99, vae_channels="16,32,64,64", compile=()),
}  # fmt: skip


def parse():
    places = {"node": "node", "out": ROOT / "models/pocket-sd15", "records": HERE / "records", "probes_out": ROOT / "benchmarks/identity"}
    options = read_options(PRESETS, PHASES, places)
    # On a CPU the VAE is narrower at full resolution, where most of its work is; a data folder stays with what it began with.
    architecture.VAE["block_out_channels"] = tuple(int(width) for width in options.vae_channels.split(","))
    return options


def render(options):
    """Draws the training world and the held-out world in worker threads of Node."""
    for folder, count, seed, pairs in ((Path(options.data), options.count, 7, 0.14), (Path(options.data) / "held-out", options.held_out, 8, 0.14)):
        command = [options.node, str(HERE / "render-world.mjs"), "--data", str(folder), "--count", str(count), "--seed", str(seed), "--pairs", str(pairs)]
        subprocess.run(command, check=True)


def train_probes(options, clock):
    from phase_probes import ProbePhase, export

    ProbePhase(options).run(clock)
    export(options)


def train_eye(options, clock):
    from phase_probes import ProbePhase

    ProbePhase(options, "eye", 43, disturbed=False).run(clock)


def train_vae(options, clock):
    from phase_vae import VaePhase

    VaePhase(options).run(clock)


def train_sight(options, clock):
    from phase_unet import learn_to_see

    learn_to_see(options, clock)


def train_text(options, clock):
    from phase_unet import read_captions

    read_captions(options, clock)


def train_unet(options, clock):
    from phase_unet import UnetPhase

    UnetPhase(options).run(clock)


def write(options, _clock=None):
    """Exports the model and lays curves and samples beside the recipe's records."""
    import phase_export

    phase_export.run(options)
    keep_records(options, ("eye", "vae", "text", "sight", "unet", "probes"))


PHASES = {
    "world": lambda options, clock: render(options),
    "tokenizer": lambda options, clock: phase_tokenizer.run(options),
    "probes": train_probes,
    "eye": train_eye,
    "vae": train_vae,
    "latents": lambda options, clock: phase_latents.run(options),
    "sight": train_sight,
    "text": train_text,
    "unet": train_unet,
    "export": write,
}


if __name__ == "__main__":
    run_phases(PHASES, parse(), write)
