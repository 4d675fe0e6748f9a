import type { Vae } from '../src/main/backbones/backbone.ts';
import { runError } from '../src/contract/errors.ts';
import { floatTensor } from '../src/main/core/ir/tensor.ts';
import type { SessionProvider } from '../src/main/core/session.ts';
import { fitLatentColors, probeLatents, PROBE_SIZE, type DecodedPair, type LatentColors } from '../src/main/diffusion/latent-colors.ts';
import { unscaledLatents } from './decode-latents.ts';
import { withSession } from './with-session.ts';

/** Autoencoders whose map is kept: it is a few numbers. */
const MOST_KEPT = 16;

/**
 * The map from latents to colours of each autoencoder, fitted once to what its own decoder makes of a few small random latents:
 * so every family has one, and none has to be listed.
 */
export class LatentColorCache {
  private readonly known = new Map<string, Promise<LatentColors>>();

  constructor(private readonly sessions: SessionProvider) {}

  /** The map of an autoencoder. @throws what its decoder throws; the next call tries again. */
  of(vae: Vae): Promise<LatentColors> {
    const key = `${vae.family} ${vae.fingerprint}`;
    const found = this.known.get(key) ?? this.fit(vae);
    this.known.delete(key);
    this.known.set(key, found); // most recently used goes last
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_KEPT && oldest !== undefined) this.known.delete(oldest);
    found.catch(() => { this.known.delete(key); });
    return found;
  }

  private async fit(vae: Vae): Promise<LatentColors> {
    const shape = { batch: 1, height: PROBE_SIZE, width: PROBE_SIZE };
    const pairs = await withSession(this.sessions, vae.decoderPlan(shape), async (session) => {
      const decoded: DecodedPair[] = [];
      for (const latents of probeLatents(vae.latentChannels)) {
        const { image } = await session.run({ latents: floatTensor(unscaledLatents(vae, latents), [1, vae.latentChannels, PROBE_SIZE, PROBE_SIZE]) });
        if (image === undefined) throw runError('vae.no-image', `VAE "${vae.label}"`, 'the decoder must give "image"');
        decoded.push({ latents, image: image.data as Float32Array });
      }
      return decoded;
    });
    return fitLatentColors(pairs, vae.latentChannels, PROBE_SIZE, PROBE_SIZE);
  }
}
