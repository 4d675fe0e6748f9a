import { readFile } from 'node:fs/promises';
import type { ProgramSettings } from '../../../contract/studio-api.ts';
import { errorCode } from '../file-system.ts';
import { readSettings, settingsPath, writeSettings, type Settings } from '../settings.ts';

/** What a window changes. */
export type SettingsChange = { readonly [K in keyof ProgramSettings]?: ProgramSettings[K] | undefined };

/** The program's settings as windows see and change them. */
export class ProgramSettingsFile {
  /** @param outputFolder Where outputs go when the settings say nothing. */
  constructor(private readonly outputFolder: string, private readonly path: string = settingsPath()) {}

  /** @throws AppError `settings.invalid`, `files.read`. */
  async read(): Promise<ProgramSettings> {
    return this.shown(await readSettings(this.path));
  }

  /** Changes what is given and leaves the rest of the file as it is. @throws AppError `settings.invalid`, `files.write`. */
  async write(change: SettingsChange): Promise<ProgramSettings> {
    const raw = await this.raw();
    for (const [name, value] of Object.entries(change)) {
      if (value === null) delete raw[name];
      else if (value !== undefined) raw[name] = value;
    }
    await writeSettings(raw, this.path);
    return this.read();
  }

  private async raw(): Promise<Record<string, unknown>> {
    try {
      return JSON.parse(await readFile(this.path, 'utf8')) as Record<string, unknown>;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return {};
      await readSettings(this.path); // says what is wrong with it
      throw error;
    }
  }

  private shown(settings: Settings): ProgramSettings {
    const { device, threads, cacheFolder, cacheLimit, valueMemory, sessionMemory, modelRoots, outputFolder } = settings;
    return { device, threads: threads ?? null, cacheFolder, cacheLimit, valueMemory, sessionMemory: sessionMemory ?? null, modelRoots, outputFolder: outputFolder ?? this.outputFolder };
  }
}
