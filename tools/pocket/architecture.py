"""The sizes of the pocket model's parts, in the words of diffusers and transformers configurations."""

SIZE = 128
LATENT = SIZE // 8

VAE = dict(
    in_channels=3,
    out_channels=3,
    down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4,
    block_out_channels=(32, 48, 64, 64),
    layers_per_block=1,
    latent_channels=8,
    norm_num_groups=8,
    sample_size=SIZE,
)

MERGES = 640
POSITIONS = 77

# bos, eos and pad are set by `text_config`: they follow from the vocabulary.
TEXT = dict(
    hidden_size=160,
    intermediate_size=320,
    num_hidden_layers=2,
    num_attention_heads=4,
    max_position_embeddings=POSITIONS,
    hidden_act="quick_gelu",
    projection_dim=160,
)

UNET = dict(
    sample_size=LATENT,
    in_channels=8,
    out_channels=8,
    # Three narrow levels: half the work per step of two wider ones of as many parameters, and a lower loss after the same time.
    down_block_types=("CrossAttnDownBlock2D",) * 3,
    up_block_types=("CrossAttnUpBlock2D",) * 3,
    block_out_channels=(48, 72, 88),
    layers_per_block=1,
    cross_attention_dim=160,
    attention_head_dim=4,
    norm_num_groups=8,
)

SCHEDULER = dict(
    num_train_timesteps=1000,
    beta_start=0.00085,
    beta_end=0.012,
    beta_schedule="scaled_linear",
)


def text_config(tokenizer):
    """The text encoder's configuration for a tokenizer."""
    from transformers import CLIPTextConfig

    ids = dict(bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    return CLIPTextConfig(vocab_size=len(tokenizer), **TEXT, **ids)
