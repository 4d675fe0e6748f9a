import { basename, dirname } from 'node:path';
import type { FileSystem } from '../../src/main/services/file-system.ts';

// A disk in memory that forgets what a real one may forget when the power goes: what was not flushed.
// Pessimistic as POSIX allows: a file's content is safe after fsync of the file, its name after fsync of its folder, and nothing else is.

/** How a cut treats what was not flushed: all of it is gone, all of it is there, or each part by chance (torn writes, zeros, some names). */
export type CutMode = 'lose-all' | 'keep-all' | { readonly seed: number };

/** Thrown by every operation from the cut on: the process has no power either. */
export class PowerCut extends Error {
  readonly code = 'EPOWER';
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: injected, '${path}'`), { code });
}

interface FileNode { readonly kind: 'file'; data: Buffer; durable: Buffer; modified: number }
interface FolderNode { readonly kind: 'folder'; entries: Map<string, Node>; durable: Map<string, Node>; changes: Change[] }
type Node = FileNode | FolderNode;
/** A change of a folder's names: all of it is kept by a cut, or nothing. */
type Change = readonly (readonly [string, Node | undefined])[];

function newFolder(): FolderNode {
  return { kind: 'folder', entries: new Map(), durable: new Map(), changes: [] };
}

/** Mulberry32: equal seeds, equal cuts. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

function survivingData(file: FileNode, mode: CutMode, draw: () => number): Buffer {
  if (mode === 'keep-all') return file.data;
  if (mode === 'lose-all') return file.durable;
  const kind = draw();
  if (kind < 0.25) return file.durable;
  if (kind < 0.5) return file.data;
  const length = Math.floor(draw() * (file.data.length + 1));
  if (kind < 0.75) return file.data.subarray(0, Math.max(length, Math.min(file.durable.length, file.data.length)));
  // The size was kept, the content wasn't: zeros from some byte on.
  const torn = Buffer.from(file.data);
  torn.fill(0, Math.max(length, Math.min(file.durable.length, file.data.length)));
  return torn;
}

function survivor(node: Node, mode: CutMode, draw: () => number): Node {
  if (node.kind === 'file') {
    const data = Buffer.from(survivingData(node, mode, draw));
    return { kind: 'file', data, durable: Buffer.from(data), modified: node.modified };
  }
  const names = new Map(mode === 'keep-all' ? node.entries : node.durable);
  // Changes of one folder are kept in their order; how many is chance.
  if (typeof mode === 'object') for (const change of node.changes.slice(0, Math.floor(draw() * (node.changes.length + 1)))) for (const [name, entry] of change) if (entry === undefined) names.delete(name); else names.set(name, entry);
  const entries = new Map([...names].map(([name, entry]) => [name, survivor(entry, mode, draw)]));
  return { kind: 'folder', entries, durable: new Map(entries), changes: [] };
}

/** A disk, and the one process that uses it until the power is cut. */
export class FaultyDisk {
  private root: FolderNode = newFolder();
  private operations = 0;
  private cutAt = Infinity;
  private dead = false;
  private clock = 1_700_000_000_000;
  /** Bytes that all files may have; writes beyond fail with ENOSPC. */
  capacity = Infinity;
  /** Called before each operation that changes something: throws to make it fail. */
  onOperation: (name: string, path: string) => void = () => undefined;

  /** Changing operations so far: each is a moment at which the power can be cut. */
  get count(): number {
    return this.operations;
  }

  get isDead(): boolean {
    return this.dead;
  }

  /** Cuts the power during operation `index`, counted from 0: it has reached the system's memory, nothing more. */
  cutDuring(index: number): void {
    this.cutAt = index;
  }

  /** Cuts the power, if it is still on, and starts again with what the disk has kept. */
  restart(mode: CutMode): void {
    this.root = survivor(this.root, mode, random(typeof mode === 'object' ? mode.seed : 0)) as FolderNode;
    this.dead = false;
    this.operations = 0;
    this.cutAt = Infinity;
  }

  /** Every file by path, for comparison. */
  files(): Map<string, string> {
    const found = new Map<string, string>();
    const visit = (folder: FolderNode, prefix: string): void => {
      for (const [name, node] of folder.entries) {
        if (node.kind === 'folder') visit(node, `${prefix}/${name}`);
        else found.set(`${prefix}/${name}`, node.data.toString('utf8'));
      }
    };
    visit(this.root, '');
    return found;
  }

  private get bytes(): number {
    return [...this.files().values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  }

  private alive(): void {
    if (this.dead) throw new PowerCut('the power is off');
  }

  /** Counts a changing operation; what it changes in memory is done, what it would make safe isn't. */
  private step<T>(name: string, path: string, change: () => T, flush?: () => void): T {
    this.alive();
    this.onOperation(name, path);
    const result = change();
    this.operations += 1;
    if (this.operations > this.cutAt) {
      this.dead = true;
      throw new PowerCut('the power is off');
    }
    flush?.();
    return result;
  }

  private find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const part of path.split('/').filter((piece) => piece !== '')) node = node?.kind === 'folder' ? node.entries.get(part) : undefined;
    return node;
  }

  private need(path: string): Node {
    this.alive();
    const node = this.find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    return node;
  }

  private parentOf(path: string): FolderNode {
    const parent = this.need(dirname(path));
    if (parent.kind !== 'folder') throw systemError('ENOTDIR', path);
    return parent;
  }

  private rename(parent: FolderNode, change: Change): void {
    for (const [name, node] of change) {
      if (node === undefined) parent.entries.delete(name);
      else parent.entries.set(name, node);
    }
    parent.changes.push(change);
  }

  private write(file: FileNode, path: string, text: string | Uint8Array): void {
    const added = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    const room = this.capacity - this.bytes;
    // A full disk takes what fits, and then fails.
    file.data = Buffer.concat([file.data, added.subarray(0, Math.max(0, Math.min(added.length, room)))]);
    file.modified = this.clock;
    if (added.length > room) throw systemError('ENOSPC', path);
  }

  private handle(node: Node, path: string): unknown {
    const file = node as FileNode;
    const append = async (text: string | Uint8Array): Promise<void> => this.step('write', path, () => this.write(file, path, text));
    return {
      writeFile: append,
      appendFile: append,
      sync: async (): Promise<void> => this.step('sync', path, () => undefined, () => {
        if (node.kind === 'file') node.durable = Buffer.from(node.data);
        else { node.durable = new Map(node.entries); node.changes = []; }
      }),
      truncate: async (length: number): Promise<void> => this.step('truncate', path, () => { file.data = Buffer.from(file.data.subarray(0, length)); }),
      close: async (): Promise<void> => undefined,
    };
  }

  private openFile(path: string, flags: string): unknown {
    this.alive();
    const existing = this.find(path);
    if (existing !== undefined) {
      if (flags.includes('x')) throw systemError('EEXIST', path);
      return this.handle(existing, path);
    }
    if (flags.startsWith('r')) throw systemError('ENOENT', path);
    const parent = this.parentOf(path);
    const made: FileNode = { kind: 'file', data: Buffer.alloc(0), durable: Buffer.alloc(0), modified: this.clock };
    return this.step('create', path, () => { this.rename(parent, [[basename(path), made]]); return this.handle(made, path); });
  }

  private makeFolders(path: string): string | undefined {
    let first: string | undefined;
    let at = '';
    for (const part of path.split('/').filter((piece) => piece !== '')) {
      at += `/${part}`;
      const folder = at;
      if (this.find(folder) !== undefined) continue;
      this.step('mkdir', folder, () => { this.rename(this.parentOf(folder), [[part, newFolder()]]); });
      first ??= folder;
    }
    this.alive();
    return first;
  }

  private move(from: string, to: string): void {
    const node = this.need(from);
    const [source, target] = [this.parentOf(from), this.parentOf(to)];
    this.step('rename', to, () => {
      if (source === target) return this.rename(source, [[basename(from), undefined], [basename(to), node]]);
      this.rename(target, [[basename(to), node]]);
      return this.rename(source, [[basename(from), undefined]]);
    });
  }

  /** The disk as services see it. Only what they use is there. */
  get fileSystem(): FileSystem {
    const info = (node: Node): unknown => ({ size: node.kind === 'file' ? node.data.length : 0, mtimeMs: node.kind === 'file' ? node.modified : 0, isFile: () => node.kind === 'file', isDirectory: () => node.kind === 'folder' });
    const system = {
      mkdir: async (path: string) => this.makeFolders(path),
      open: async (path: string, flags: string) => this.openFile(path, flags),
      readFile: async (path: string, encoding?: string) => {
        const node = this.need(path);
        if (node.kind !== 'file') throw systemError('EISDIR', path);
        return encoding === undefined ? Buffer.from(node.data) : node.data.toString('utf8');
      },
      readdir: async (path: string) => {
        const node = this.need(path);
        if (node.kind !== 'folder') throw systemError('ENOTDIR', path);
        return [...node.entries.keys()];
      },
      rename: async (from: string, to: string) => this.move(from, to),
      unlink: async (path: string) => {
        this.need(path);
        const parent = this.parentOf(path);
        this.step('unlink', path, () => { this.rename(parent, [[basename(path), undefined]]); });
      },
      stat: async (path: string) => info(this.need(path)),
      lstat: async (path: string) => info(this.need(path)),
      realpath: async (path: string) => { this.need(path); return path; },
      access: async (path: string) => { this.need(path); },
      utimes: async (path: string) => { this.need(path); },
      statfs: async () => ({ bavail: this.capacity === Infinity ? 2 ** 40 : Math.max(0, this.capacity - this.bytes), bsize: 1 }),
    };
    return system as unknown as FileSystem;
  }
}
