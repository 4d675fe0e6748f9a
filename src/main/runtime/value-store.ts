import { inputError, internalError } from '../../contract/errors.ts';
import type { ValueCodec } from '../../contract/node.ts';
import type { PortTypeName } from '../../contract/port-types.ts';
import type { ValueDescription } from '../../contract/value-description.ts';

/** A cache of bytes by name, on disk. Damaged entries read as missing. */
export interface ByteCache {
  has(name: string): Promise<boolean>;
  get(name: string): Promise<Uint8Array | undefined>;
  /** @returns whether the bytes are kept. */
  put(name: string, bytes: Uint8Array): Promise<boolean>;
}

interface Entry {
  readonly values: ReadonlyMap<string, unknown>;
  readonly bytes: number;
}

/** Bookkeeping size of a value that has no codec: descriptors of models, which hold no tensors. */
const DESCRIPTOR_BYTES = 4096;

/** A value that another version of the program wrote in another form is made again, like one that isn't there. */
function decodeOrNothing(codec: ValueCodec, bytes: Uint8Array): unknown {
  try {
    return codec.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The values between nodes, by content key and port. Values with a codec are also written to the disk cache, and are read back from there.
 * Memory is bounded: the least recently used entries go first, pinned ones never.
 */
export class ValueStore {
  private readonly entries = new Map<string, Entry>();
  private readonly pins = new Set<string>();
  private memoryBytes = 0;
  private readonly codecs: ReadonlyMap<PortTypeName, ValueCodec>;

  constructor(codecs: readonly ValueCodec[], private readonly disk: ByteCache | undefined, private readonly memoryLimit: number) {
    this.codecs = new Map(codecs.map((codec) => [codec.type, codec]));
  }

  /** Where all ports of a key are; found keys are pinned. `types` gives the port types by port name. */
  async lookup(key: string, types: Readonly<Record<string, PortTypeName>>): Promise<'memory' | 'disk' | 'missing'> {
    if (this.entries.has(key)) {
      this.pins.add(key);
      return 'memory';
    }
    const loaded = await this.load(key, types);
    return loaded ? 'disk' : 'missing';
  }

  /** Keeps the outputs of a node, pinned. @returns whether all of them are also on disk. */
  async put(key: string, values: Readonly<Record<string, unknown>>, types: Readonly<Record<string, PortTypeName>>): Promise<boolean> {
    let bytes = 0;
    let onDisk = true;
    for (const [port, type] of Object.entries(types)) {
      const encoded = this.codecs.get(type)?.encode(values[port]);
      bytes += encoded?.byteLength ?? DESCRIPTOR_BYTES;
      const kept = encoded !== undefined && (await this.disk?.put(`${key}.${port}`, encoded)) === true;
      onDisk &&= kept;
    }
    this.keep(key, { values: new Map(Object.entries(values)), bytes });
    return onDisk;
  }

  /** A value that is pinned. @throws AppError internal when it isn't there. */
  get(key: string, port: string): unknown {
    const entry = this.entries.get(key);
    if (entry === undefined || !entry.values.has(port)) throw internalError('values.missing', `Value ${key.slice(0, 12)}.${port}`, 'must be kept until its users have run');
    this.entries.delete(key);
    this.entries.set(key, entry); // most recently used goes last
    return entry.values.get(port);
  }

  /** Describes a value. @throws AppError internal when it isn't there; `checks.type` for port types of which nothing can be said. */
  describe(key: string, port: string, type: PortTypeName): ValueDescription {
    const codec = this.codecs.get(type);
    if (codec === undefined) throw inputError('checks.type', `Port type ${type}`, `must be one that can be checked: ${[...this.codecs.keys()].join(', ')}`);
    return codec.describe(this.get(key, port));
  }

  release(keys: readonly string[]): void {
    for (const key of keys) this.pins.delete(key);
    this.shrink();
  }

  private async load(key: string, types: Readonly<Record<string, PortTypeName>>): Promise<boolean> {
    const ports = Object.entries(types);
    if (this.disk === undefined || ports.length === 0 || !ports.every(([, type]) => this.codecs.has(type))) return false;
    const values = new Map<string, unknown>();
    let bytes = 0;
    for (const [port, type] of ports) {
      const encoded = await this.disk.get(`${key}.${port}`);
      if (encoded === undefined) return false;
      const value = decodeOrNothing(this.codecs.get(type) as ValueCodec, encoded);
      if (value === undefined) return false;
      values.set(port, value);
      bytes += encoded.byteLength;
    }
    this.keep(key, { values, bytes });
    return true;
  }

  private keep(key: string, entry: Entry): void {
    this.memoryBytes += entry.bytes - (this.entries.get(key)?.bytes ?? 0);
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.pins.add(key);
    this.shrink();
  }

  private shrink(): void {
    for (const [key, entry] of this.entries) {
      if (this.memoryBytes <= this.memoryLimit) return;
      if (this.pins.has(key)) continue;
      this.entries.delete(key);
      this.memoryBytes -= entry.bytes;
    }
  }
}
