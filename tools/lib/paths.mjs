import { fileURLToPath } from 'node:url';

/** The repository root, without a trailing slash: every tool works from here, wherever it was called. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
