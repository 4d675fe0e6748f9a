"""Makes the SD3.5 pocket model on the world of the SD1.5 one: `python tools/pocket/make_sd35.py --data DIR`, after make.py's world and eye.

Seeded and resumable as make.py is: run the same command again to go on, until it says "all done". Presets: `gpu`, `cpu`, and `smoke`, a few steps of every phase.
"""

from pathlib import Path

import architecture_sd35
import phase_tokenizers_sd35
from pieces import keep_records, read_options, run_phases

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

# Steps bound a phase; seconds of training bound it too where they are given, and the learning rate falls over what comes first.
PRESETS = {
    "gpu": dict(vae_steps=20_000, vae_seconds=120, vae_batch=32, vae_rate=4e-3, sight_steps=3000, sight_batch=256, text_steps=2000, text_seconds=20, text_batch=512, text_rate=5e-3,
                transformer_steps=200_000, transformer_seconds=780, transformer_batch=256, transformer_rate=3e-3, transformer_decay=0.9995,
                vae_channels="32,48,64,64", compile=("vae", "transformer")),
    "cpu": dict(vae_steps=20_000, vae_seconds=600, vae_batch=4, vae_rate=4e-3, sight_steps=2000, sight_batch=64, text_steps=800, text_seconds=150, text_batch=64, text_rate=5e-3,
                transformer_steps=40_000, transformer_seconds=9000, transformer_batch=32, transformer_rate=3e-3, transformer_decay=0.998,
                vae_channels="16,32,64,64", compile=("vae",)),
    "smoke": dict(vae_steps=4, vae_seconds=None, vae_batch=2, vae_rate=4e-3, sight_steps=3, sight_batch=8, text_steps=3, text_seconds=None, text_batch=8, text_rate=5e-3,
                  transformer_steps=3, transformer_seconds=None, transformer_batch=4, transformer_rate=3e-3, transformer_decay=0.99,
                  vae_channels="16,32,64,64", compile=()),
}  # fmt: skip


def parse():
    options = read_options(PRESETS, PHASES, {"out": ROOT / "models/pocket-sd35", "records": HERE / "records"})
    architecture_sd35.VAE16["block_out_channels"] = architecture_sd35.VAE["block_out_channels"] = tuple(int(width) for width in options.vae_channels.split(","))
    return options


def train_vae(options, clock):
    from phase_vae_sd35 import Vae16Phase

    Vae16Phase(options).run(clock)


def encode_world(options, clock):
    import phase_vae_sd35

    phase_vae_sd35.run(options, clock)


def train_sight(options, clock):
    from phase_transformer import learn_to_see

    learn_to_see(options, clock)


def train_text(options, clock):
    import phase_text_sd35

    phase_text_sd35.run(options, clock)


def train_transformer(options, clock):
    from phase_transformer import TransformerPhase

    TransformerPhase(options).run(clock)


def write(options, _clock=None):
    """Exports the model and lays curves and samples beside the recipe's records."""
    import phase_export_sd35

    phase_export_sd35.run(options)
    keep_records(options, ("vae16", "sight16", "transformer"))


PHASES = {
    "tokenizers": lambda options, clock: phase_tokenizers_sd35.run(options),
    "vae16": train_vae,
    "latents16": encode_world,
    "sight16": train_sight,
    "text35": train_text,
    "transformer": train_transformer,
    "export35": write,
}


if __name__ == "__main__":
    run_phases(PHASES, parse(), write)
