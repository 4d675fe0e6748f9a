import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { utilityEngine } from '../../../src/main/shell/utility-engine.ts';

class Stream extends EventEmitter {
  setEncoding(): this { return this; }
}

class Utility extends EventEmitter {
  readonly pid = undefined;
  readonly stdout = new Stream();
  readonly stderr = new Stream();
  readonly sent: unknown[] = [];
  kills = 0;
  postMessage(message: unknown): void { this.sent.push(message); }
  kill(): boolean { this.kills += 1; return true; }
}

function make(system: NodeJS.Platform = 'linux'): { utility: Utility; engine: ReturnType<typeof utilityEngine> } {
  const utility = new Utility();
  return { utility, engine: utilityEngine(utility, system) };
}

describe('utilityEngine', () => {
  it('carries messages both ways, and nothing to the dead', () => {
    const { utility, engine } = make();
    const heard: unknown[] = [];
    engine.onMessage((message) => heard.push(message));
    engine.send({ a: 1 });
    utility.emit('message', { b: 2 });
    utility.emit('exit', 0);
    engine.send({ late: true });
    expect([utility.sent, heard]).toEqual([[{ a: 1 }], [{ b: 2 }]]);
  });

  it('tells how it ended, once, also to who asks later', () => {
    const { utility, engine } = make();
    const exits: unknown[] = [];
    engine.onExit((exit) => exits.push(exit));
    utility.emit('exit', 134);
    utility.emit('exit', 0);
    engine.onExit((exit) => exits.push(exit));
    expect(exits).toEqual([{ code: null, signal: 'SIGABRT' }, { code: null, signal: 'SIGABRT' }]);
    const other = make('win32');
    const codes: unknown[] = [];
    other.engine.onExit((exit) => codes.push(exit));
    other.utility.emit('exit', 9);
    expect(codes).toEqual([{ code: 9, signal: null }]);
  });

  it('keeps the end of what it wrote, and of what V8 said', () => {
    const { utility, engine } = make();
    utility.stderr.emit('data', `${'x'.repeat(5000)}\n`);
    utility.stderr.emit('data', 'bad_alloc\n');
    utility.emit('error', 'FatalError', 'v8::ArrayBuffer');
    expect(engine.errorTail()).toHaveLength(4000 - 1);
    expect(engine.errorTail()).toMatch(/bad_alloc\nFatalError at v8::ArrayBuffer$/);
  });

  it('is killed', () => {
    const { utility, engine } = make();
    engine.kill();
    expect(utility.kills).toBe(1);
  });
});
