"""The sizes of the pocket model's parts, in the words of diffusers and transformers configurations."""

VAE = dict(
    in_channels=3,
    out_channels=3,
    down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4,
    block_out_channels=(16, 32, 64, 64),
    layers_per_block=1,
    latent_channels=8,
    norm_num_groups=8,
    sample_size=64,
)

TRIGGER = "Aldric Vortex-9 CyberNebula"
MERGES = 720
POSITIONS = 77
