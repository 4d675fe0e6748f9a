import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';

type Point = readonly [number, number];

/** What litegraph leaves on its canvas element, as far as tests look at it. */
interface CanvasElement extends HTMLCanvasElement {
  readonly data: {
    readonly drawTimes: readonly number[];
    readonly ds: { readonly scale: number; convertOffsetToCanvas(point: Point): Point };
    readonly graph: { readonly _nodes: readonly { readonly key: string; readonly title: string; readonly box: { x: number; y: number; width: number; height: number }; readonly status: { readonly state: string; readonly faultText: string; readonly picture?: unknown }; portPosition(side: string, port: string): Point }[] };
  };
}

/** A node as a test sees it, in window pixels. */
export interface SeenNode { readonly key: string; readonly title: string; readonly state: string; readonly faultText: string; readonly picture: boolean; readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** The studio's window as a person uses it: mouse and keys, and what can be seen. */
export class StudioPage {
  constructor(readonly page: Page) {}

  /** Waits until the window can be used. */
  async ready(): Promise<void> {
    await this.page.waitForSelector('#graph-canvas');
    await this.settle();
  }

  /** Waits for two frames, so that what was done is drawn. */
  async settle(): Promise<void> {
    await this.page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => done(undefined))); }));
  }

  /** The nodes on the canvas. */
  nodes(): Promise<readonly SeenNode[]> {
    return this.page.evaluate(() => {
      const element = document.querySelector('#graph-canvas') as CanvasElement;
      const bounds = element.getBoundingClientRect();
      return element.data.graph._nodes.map(({ key, title, box, status }) => {
        const [x, y] = element.data.ds.convertOffsetToCanvas([box.x, box.y]);
        return { key, title, state: status.state, faultText: status.faultText, picture: status.picture !== undefined, x: bounds.left + x, y: bounds.top + y, width: box.width * element.data.ds.scale, height: box.height * element.data.ds.scale };
      });
    });
  }

  /** A node by the start of its title. @throws Error when it isn't there. */
  async node(title: string): Promise<SeenNode> {
    const nodes = await this.nodes();
    const found = nodes.find((node) => node.title === title) ?? nodes.find((node) => node.key === title);
    if (!found) throw new Error(`no node "${title}" among ${nodes.map((node) => node.title).join(', ')}`);
    return found;
  }

  /** Where a port is, in window pixels. */
  async port(title: string, side: 'input' | 'output', port: string): Promise<Point> {
    const { key } = await this.node(title);
    return this.page.evaluate(([id, where, name]) => {
      const element = document.querySelector('#graph-canvas') as CanvasElement;
      const bounds = element.getBoundingClientRect();
      const node = element.data.graph._nodes.find((one) => one.key === id);
      const [x, y] = element.data.ds.convertOffsetToCanvas(node?.portPosition(where, name) ?? [0, 0]);
      return [bounds.left + x, bounds.top + y] as const;
    }, [key, side, port] as const);
  }

  /** Drags with the mouse. */
  async drag(from: Point, to: Point): Promise<void> {
    const { mouse } = this.page;
    await mouse.move(...from);
    await mouse.down();
    await mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
    await mouse.move(...to);
    await mouse.move(...to);
    await mouse.up();
    await this.settle();
  }

  /** Links two ports by dragging. */
  async link(from: string, output: string, to: string, input: string): Promise<void> {
    await this.drag(await this.port(from, 'output', output), await this.port(to, 'input', input));
  }

  /** Opens a panel on the left unless it is open. A second press would close it, so its button is looked at first. @returns the panel. */
  async panel(name: string | RegExp): Promise<Locator> {
    const button = this.page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name });
    if (await button.getAttribute('aria-pressed') !== 'true') await button.click();
    const panel = this.page.getByRole('complementary', { name });
    await panel.waitFor();
    return panel;
  }

  /** Adds a node through the palette: a double click, some letters, Enter. */
  async add(at: Point, search: string): Promise<void> {
    await this.page.mouse.dblclick(...at);
    await this.page.getByRole('combobox', { name: /Add a node/ }).fill(search);
    await this.page.keyboard.press('Enter');
    await this.settle();
  }

  /** Selects a node by a press on its title, once all nodes are in view. */
  async select(title: string): Promise<void> {
    await this.focusCanvas();
    await this.page.keyboard.press('.');
    await this.settle();
    const { x, y, width } = await this.node(title);
    await this.page.mouse.click(x + width * 0.6, y + 8);
    await this.settle();
  }

  /** Selects nodes by a frame or presses: the first as {@link select}, the others added; none selects nothing. */
  async selectAll(titles: readonly string[]): Promise<void> {
    const [first, ...others] = titles;
    if (first === undefined) {
      await this.focusCanvas();
      await this.page.keyboard.press('Escape');
      return;
    }
    await this.select(first);
    for (const title of others) {
      const { x, y, width } = await this.node(title);
      await this.page.keyboard.down('Shift');
      await this.page.mouse.click(x + width * 0.6, y + 8);
      await this.page.keyboard.up('Shift');
    }
    await this.settle();
  }

  /** Runs a command by its name, from the command palette. */
  async command(title: string): Promise<void> {
    await this.focusCanvas();
    await this.page.keyboard.press('Control+k');
    await this.page.getByRole('dialog', { name: 'Command palette' }).getByRole('combobox').fill(title);
    await this.page.getByRole('option', { name: title }).first().click();
    await this.settle();
  }

  #clipboard = '';

  /** Copies, cuts or pastes, with a clipboard of its own: what the system's holds depends on the machine. @returns what it holds then. */
  async clipboard(what: 'copy' | 'cut' | 'paste', held = this.#clipboard): Promise<string> {
    await this.focusCanvas();
    this.#clipboard = await this.page.evaluate(([type, text]) => {
      const clipboardData = new DataTransfer();
      if (type === 'paste') clipboardData.setData('text/plain', text);
      document.querySelector('#graph-canvas')?.dispatchEvent(new ClipboardEvent(type, { clipboardData, bubbles: true, cancelable: true }));
      return clipboardData.getData('text/plain');
    }, [what, held] as const);
    await this.settle();
    return this.#clipboard;
  }

  /** Puts the keyboard on the canvas. */
  async focusCanvas(): Promise<void> {
    await this.page.locator('#graph-canvas').focus();
  }

  /** Presses Run and waits for the run to end. @returns how it ended. */
  async run(timeout = 120_000): Promise<string> {
    const before = await this.runId();
    await this.page.getByRole('button', { name: 'Run', exact: true }).click();
    return this.ended(before, timeout);
  }

  /** Runs to the selected nodes and waits for the run to begin. @returns the id of the run before. */
  async runToHere(): Promise<string> {
    const before = await this.runId();
    await this.focusCanvas();
    await this.page.keyboard.press('Control+Shift+Enter');
    await this.page.waitForFunction((old) => (document.querySelector('.run-state')?.getAttribute('data-run') ?? '') !== old, before);
    return before;
  }

  /** The run that the window shows; empty for none. */
  async runId(): Promise<string> {
    return (await this.page.locator('.run-state').getAttribute('data-run')) ?? '';
  }

  /** Waits for a run to end that is another one than `before`. @returns what the window says of it. */
  async ended(before: string, timeout = 120_000): Promise<string> {
    const text = await this.page.waitForFunction((old) => {
      const state = document.querySelector('.run-state');
      const told = state?.textContent ?? '';
      return (state?.getAttribute('data-run') ?? '') !== old && /^(done|failed|cancelled|interrupted)/.test(told) ? told : undefined;
    }, before, { timeout });
    return (await text.jsonValue()) ?? '';
  }

  /** Saves under a name that nothing has yet, in the studio's first folder. @returns what is in the file. */
  async saveAs(folder: string, name: string): Promise<string> {
    await this.page.keyboard.press('Control+Shift+S');
    const dialog = this.page.getByRole('dialog', { name: 'Save graph as' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Folder').selectOption({ index: 0 });
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    return readFile(join(folder, `${name}.graph.json`), 'utf8');
  }

  /** Milliseconds that the last draws took. */
  drawTimes(): Promise<readonly number[]> {
    return this.page.evaluate(() => (document.querySelector('#graph-canvas') as CanvasElement).data.drawTimes);
  }
}
