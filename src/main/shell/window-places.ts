import { join } from 'node:path';
import { z } from 'zod';
import { JsonFile } from '../services/studio/json-file.ts';
import type { WindowBounds } from './platform.ts';

const schema = z.object({ x: z.number().optional(), y: z.number().optional(), width: z.number().min(400), height: z.number().min(300), maximized: z.boolean() }).nullable();

/** Where the last window stood. */
export class WindowPlaces {
  private readonly file: JsonFile<z.infer<typeof schema>>;

  constructor(dataFolder: string) {
    this.file = new JsonFile(join(dataFolder, 'window.json'), schema, () => null);
  }

  async read(): Promise<WindowBounds | undefined> {
    return (await this.file.read()) ?? undefined;
  }

  async keep(bounds: WindowBounds): Promise<void> {
    // A place that can't be kept is forgotten.
    await this.file.update(() => bounds).catch(() => undefined);
  }
}
