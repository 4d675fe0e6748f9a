import fc from 'fast-check';

/** Seed of property tests: fixed, so that a red run is the doing of a change; `npm run proof -- properties` draws a new one each time. */
const SEED = Number(process.env['ENGRAM_PROPERTY_SEED'] ?? 20_261_122);

fc.configureGlobal({ seed: SEED });
