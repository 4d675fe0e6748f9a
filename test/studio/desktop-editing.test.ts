// What holds over `engram serve` holds in the desktop program: one spec here with every `npm test`, all of them in `npm run proof -- studio-shim`.
process.env['ENGRAM_STUDIO_SHELL'] = 'shim';
await import('./editing.test.ts');
