import { z } from 'zod';

// A window's CSP has no `unsafe-eval`: zod must not even try to compile its checks. Schemas look at this when they are made, so that every entry
// of a window imports this file first.
z.config({ jitless: true });
