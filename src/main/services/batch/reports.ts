import { writeGallery } from './gallery.ts';
import { writeManifest } from './manifest.ts';
import { writeSheets, type SheetsOptions, type WrittenReports } from './sheets.ts';

/**
 * Writes all that a batch says of itself: manifest, sheets and gallery, as its file asks. They are made anew from the records each time.
 * @throws AppError `files.write`, `run.cancelled`.
 */
export async function writeReports(options: SheetsOptions): Promise<WrittenReports> {
  const { outputFolder, plan, records, fileSystem } = options;
  const manifest = await writeManifest(outputFolder, plan, records, fileSystem);
  const sheets = await writeSheets(options);
  const gallery = plan.batch.gallery ? await writeGallery(options) : { files: [], warnings: [] };
  return { files: [...manifest, ...sheets.files, ...gallery.files], warnings: [...sheets.warnings, ...gallery.warnings] };
}
