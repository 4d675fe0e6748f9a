"""The sizes of the SD3.5 pocket model's parts, in the words of diffusers and transformers configurations."""

from architecture import LATENT, POSITIONS, VAE

# One channel each for what is seen and for what the first model's eight leave out; no convolutions around the latents, as in the published models.
VAE16 = VAE | dict(latent_channels=16, use_quant_conv=False, use_post_quant_conv=False)

# From every second caption: other merges than those of the first tokenizer.
MERGES_G = 560
PIECES_T5 = 800
# Tokens that T5 takes: its tokenizer's own limit, which the program goes by. Pipelines of diffusers take 256 unless told.
T5_POSITIONS = 77
T5_LONGEST = 256

CLIP_L = dict(
    hidden_size=64,
    intermediate_size=160,
    num_hidden_layers=2,
    num_attention_heads=4,
    max_position_embeddings=POSITIONS,
    hidden_act="quick_gelu",
    projection_dim=64,
)

CLIP_G = dict(
    hidden_size=96,
    intermediate_size=192,
    num_hidden_layers=2,
    num_attention_heads=4,
    max_position_embeddings=POSITIONS,
    hidden_act="gelu",
    projection_dim=96,
)

# No dropout: its share of noise is for models that see a caption once.
T5 = dict(
    d_model=160,
    d_kv=32,
    d_ff=256,
    num_layers=2,
    num_heads=4,
    relative_attention_num_buckets=32,
    relative_attention_max_distance=64,
    feed_forward_proj="gated-gelu",
    dropout_rate=0.0,
    is_encoder_decoder=False,
    use_cache=False,
)

TRANSFORMER = dict(
    sample_size=LATENT,
    patch_size=2,
    in_channels=16,
    out_channels=16,
    num_layers=5,
    attention_head_dim=32,
    num_attention_heads=4,
    joint_attention_dim=160,
    caption_projection_dim=128,
    pooled_projection_dim=CLIP_L["projection_dim"] + CLIP_G["projection_dim"],
    pos_embed_max_size=16,
    qk_norm="rms_norm",
)

SCHEDULER = dict(num_train_timesteps=1000, shift=1.0)


def clip_config(sizes, tokenizer):
    """The configuration of a CLIP text encoder with projection for its tokenizer."""
    from transformers import CLIPTextConfig

    # Padding is nothing that the encoder knows of: a text ends at its first end token.
    return CLIPTextConfig(vocab_size=len(tokenizer), **sizes, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)


def t5_config(tokenizer):
    """The configuration of the T5 encoder for its tokenizer."""
    from transformers import T5Config

    return T5Config(vocab_size=len(tokenizer), **T5, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
