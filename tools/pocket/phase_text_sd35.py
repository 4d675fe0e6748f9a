"""Each text encoder learns to read captions on its own, before the transformer draws from all three."""

from pathlib import Path

import torch
from common import World
from phase_text import TextPhase, trained
from phase_tokenizers_sd35 import load
from streams_sd35 import STREAMS, clip_states, stream_captions, text_encoders


def reading(name, encoder):
    """What the reader sees of a stream: its states, and of a CLIP encoder the pooled projection as one more token, so that it learns to read too."""
    if name == "t5":
        return lambda ids: encoder(ids).last_hidden_state
    return lambda ids: (lambda states, pooled: torch.cat([states, pooled[:, None]], dim=1))(*clip_states(encoder, ids))


def run(options, clock):
    """Trains the encoders one after the other."""
    torch.manual_seed(31)
    encoders = text_encoders(load(Path(options.data))).to(options.device)
    captions = stream_captions(options.data, World(options.data), options.device)
    for index, name in enumerate(STREAMS):
        encoder = encoders[name]
        width = encoder.config.d_model if name == "t5" else encoder.config.hidden_size
        TextPhase(options, f"text-{name}", encoder, width, reading(name, encoder), captions[name], 37 + index).run(clock)


def load_trained(options, encoders):
    """Puts the averaged weights of encoders that have learnt to read into `encoders`."""
    for name in STREAMS:
        encoders[name].load_state_dict(trained(options, f"text-{name}"))
