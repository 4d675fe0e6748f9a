/**
 * Packs the program for Linux with a stub in Electron's place, by the configuration that ships.
 * Usage: node test/studio/support/pack.mjs FOLDER
 */
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../tools/lib/paths.mjs';
import { makeStubElectron } from './stub-electron.mjs';

const require = createRequire(import.meta.url);
const { build, Platform } = require('electron-builder');
const folder = process.argv[2] ?? '';
const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules', 'electron', 'package.json'), 'utf8'));
const dist = join(folder, 'stub', 'electron');
await makeStubElectron(dist, version);
// As a file: a configuration given as an object is merged with the one that ships, list by list.
const config = require('js-yaml').load(readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8'));
const path = join(folder, 'electron-builder.json');
writeFileSync(path, JSON.stringify({ ...config, electronDist: dist, electronVersion: version, directories: { ...config.directories, output: join(folder, 'packed') } }));
await build({ projectDir: ROOT, publish: 'never', targets: Platform.LINUX.createTarget('dir'), config: path });
