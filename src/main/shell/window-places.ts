import { join } from 'node:path';
import { z } from 'zod';
import { JsonFile } from '../services/studio/json-file.ts';
import type { ScreenArea, WindowBounds } from './platform.ts';

const schema = z.object({ x: z.number().optional(), y: z.number().optional(), width: z.number().min(400), height: z.number().min(300), maximized: z.boolean() }).nullable();

/** Of a window's title this much has to be on a screen, so that it can be taken hold of. */
const REACH = 80;

/** A window's place, without its position where no screen shows it: one may have been unplugged since. */
export function withinScreens(bounds: WindowBounds | undefined, screens: readonly ScreenArea[]): WindowBounds | undefined {
  if (bounds?.x === undefined || bounds.y === undefined) return bounds;
  const { x, y, width, height, maximized } = bounds;
  const isSeen = screens.some((screen) => x + width >= screen.x + REACH && x + REACH <= screen.x + screen.width && y >= screen.y && y + REACH <= screen.y + screen.height);
  return isSeen ? bounds : { width, height, maximized };
}

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
