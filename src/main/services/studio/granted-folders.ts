import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { inputError } from '../../../contract/errors.ts';
import type { Place } from '../../../contract/studio-api.ts';
import { isInside, realPathIfAny } from '../path-scope.ts';

/** A folder that a person has named, and what to call it. */
export interface GrantedFolder {
  readonly name: string;
  readonly path: string;
  /** Nothing is written there: what ships with the program. */
  readonly readOnly?: boolean;
}

/**
 * The folders that windows may list, read and write: those named when the program was started, the model roots, and the folders of files that were
 * opened through the system's own dialogs. A window is a web page: it can't widen this by itself.
 */
export class GrantedFolders {
  private readonly folders: GrantedFolder[];

  constructor(folders: readonly GrantedFolder[]) {
    this.folders = [...folders];
  }

  /** Where a file dialog can start. */
  places(): Place[] {
    return this.folders.map(({ name, path }) => ({ name, path }));
  }

  /** Absolute paths of all folders. */
  paths(): string[] {
    return this.folders.map(({ path }) => path);
  }

  /** Adds the folder of a file that the person chose outside of any window. */
  grantFileFolder(path: string): void {
    const folder = dirname(resolve(path));
    if (!this.folders.some((granted) => granted.path === folder)) this.folders.push({ name: basename(folder) || folder, path: folder });
  }

  /** Takes over the folders of a changed setting. */
  grant(folder: GrantedFolder): void {
    const index = this.folders.findIndex(({ name, path }) => name === folder.name && path === folder.path);
    if (index === -1) this.folders.push(folder);
  }

  /**
   * The real path of something that may be read.
   * @throws AppError `files.outside`, `files.missing`.
   */
  async resolveRead(path: string): Promise<string> {
    const real = await realPathIfAny(this.absolute(path));
    const allowed = await this.realFolders();
    if (real !== undefined && allowed.some(({ path: folder }) => isInside(folder, real))) return real;
    if (real === undefined && (await this.nearestIsInside(path, allowed))) throw inputError('files.missing', basename(path), 'file or folder must exist', { path });
    throw this.outside(path);
  }

  /**
   * The path to write a file to; its folder must be there.
   * @throws AppError `files.outside`, `files.read-only`.
   */
  async resolveWrite(path: string): Promise<string> {
    const absolute = this.absolute(path);
    const folder = await realPathIfAny(dirname(absolute));
    const homes = (await this.realFolders()).filter(({ path: allowed }) => folder !== undefined && isInside(allowed, folder));
    if (folder === undefined || homes.length === 0) throw this.outside(path);
    // The deepest one decides: a folder to write in may hold one that ships.
    const home = homes.reduce((best, next) => (next.path.length > best.path.length ? next : best));
    if (home.readOnly === true) throw inputError('files.read-only', basename(path), 'must be saved in another folder', { path, hint: 'This folder ships with the program: save a copy' });
    // A link that is there already would lead the write elsewhere; the rename that ends an atomic write replaces the link itself.
    return resolve(folder, basename(absolute));
  }

  /** Whether a real path lies in a folder that ships. */
  async isReadOnly(real: string): Promise<boolean> {
    const homes = (await this.realFolders()).filter(({ path }) => isInside(path, real));
    const home = homes.reduce<GrantedFolder | undefined>((best, next) => (best === undefined || next.path.length > best.path.length ? next : best), undefined);
    return home?.readOnly === true;
  }

  private absolute(path: string): string {
    if (!isAbsolute(path)) throw inputError('files.relative', path, 'must be an absolute path', { path });
    return resolve(path);
  }

  private async realFolders(): Promise<GrantedFolder[]> {
    const found = await Promise.all(this.folders.map(async (folder) => ({ ...folder, path: await realpath(folder.path).catch(() => '') })));
    return found.filter(({ path }) => path !== '');
  }

  private async nearestIsInside(path: string, allowed: readonly GrantedFolder[]): Promise<boolean> {
    for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
      const real = await realPathIfAny(folder);
      if (real !== undefined || folder === dirname(folder)) return real !== undefined && allowed.some((granted) => isInside(granted.path, real));
    }
  }

  private outside(path: string): Error {
    return inputError('files.outside', basename(path) || path, 'must lie in a folder that the program was told of', {
      path, hint: `Folders: ${this.folders.map((folder) => folder.path).join(', ')}. Start with --folder DIR to add one`,
    });
  }
}
