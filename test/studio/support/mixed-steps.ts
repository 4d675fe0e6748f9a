import type { StudioPage } from './studio-page.ts';

/** One thing that a person does to a graph, and that one undo takes back. */
type Step = readonly [name: string, act: (window: StudioPage) => Promise<unknown>];

const field = (window: StudioPage, name: string) => window.page.locator('.inspector').getByLabel(name, { exact: true });

function set(node: string, param: string, value: string): Step {
  return [`set ${param} of ${node}`, async (window) => {
    await window.select(node);
    await field(window, param).fill(value);
    await field(window, param).blur();
  }];
}

function choose(node: string, param: string, option: string): Step {
  return [`choose ${param} of ${node}`, async (window) => {
    await window.select(node);
    await field(window, param).selectOption(option);
  }];
}

/** Letter by letter: all that is typed into a field at a time is one step. */
function type(node: string, name: string, text: string): Step {
  return [`type into ${name} of ${node}`, async (window) => {
    await window.select('Load Backbone');
    await window.select(node);
    await field(window, name).pressSequentially(text);
    await window.focusCanvas();
  }];
}

function press(node: string, ...keys: readonly string[]): readonly Step[] {
  return keys.map((key, index): Step => [`${key} on ${node}`, async (window) => {
    // Once only: two presses at one place are a double click.
    if (index === 0) await window.select(node);
    await window.page.keyboard.press(key);
  }]);
}

function pressButton(node: string, label: string): Step {
  return [`"${label}" of ${node}`, async (window) => {
    await window.select(node);
    await window.page.locator('.inspector').getByRole('button', { name: label }).click();
  }];
}

function command(name: string, nodes: readonly string[]): Step {
  return [name, async (window) => {
    await window.selectAll(nodes);
    await window.command(name);
  }];
}

/** A press on an entry of the context menu of a node. */
function fromMenu(node: string, entry: string): Step {
  return [`${entry}, ${node}`, async (window) => {
    await window.select(node);
    const { x, y, width } = await window.node(node);
    await window.page.mouse.click(x + width * 0.6, y + 8, { button: 'right' });
    await window.page.getByRole('menu').getByText(entry, { exact: true }).click();
  }];
}

async function dragBy(window: StudioPage, at: readonly [number, number], dx: number, dy: number): Promise<void> {
  await window.drag(at, [at[0] + dx, at[1] + dy]);
}

async function middleOfLink(window: StudioPage): Promise<readonly [number, number]> {
  const [from, to] = [await window.port('Sample', 'output', 'latents'), await window.port('VAE Decode', 'input', 'latents')];
  return [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
}

const SCHEDULER: Step = ['choose the scheduler', async (window) => {
  await window.select('Sample');
  const { page } = window;
  await page.locator('.inspector').getByRole('button', { name: /^scheduler/ }).click();
  await page.getByRole('combobox', { name: 'Search scheduler' }).fill('euler');
  await page.keyboard.press('Enter');
  await window.focusCanvas();
}];

const LINKS: readonly Step[] = [
  ['reroute', async (window) => {
    await window.select('Save Image');
    await window.page.mouse.dblclick(...await middleOfLink(window));
  }],
  ['drag the way point', async (window) => dragBy(window, await middleOfLink(window), 0, 30)],
  ['unlink', async (window) => {
    await window.select('VAE Decode');
    const { page } = window;
    await page.locator('.inspector').getByText('Ports and links').click();
    await page.locator('.inspector').getByRole('button', { name: 'Remove the link from Sample latents' }).click();
  }],
  ['link by dragging', async (window) => {
    await window.select('VAE Decode');
    await window.link('Sample', 'latents', 'VAE Decode', 'latents');
  }],
];

const GROUPS: readonly Step[] = [
  ['group', async (window) => {
    await window.selectAll(['VAE Decode', 'Save Image']);
    await window.page.keyboard.press('Control+g');
  }],
  ['name the group', async (window) => {
    await window.page.locator('.inspector').getByLabel('Title').fill('Out');
    await window.focusCanvas();
  }],
  ['colour the group', async (window) => {
    await window.page.locator('.inspector').getByLabel('Colour').fill('#4f9566');
    await window.focusCanvas();
  }],
];

const SUBGRAPHS: readonly Step[] = [
  ...press('Sample', 'Control+Shift+E'),
  ['describe the sub-graph', async (window) => {
    await window.page.keyboard.press('Enter');
    await window.page.locator('.inspector').getByLabel('Title of the sub-graph').fill('Sampler');
    await window.focusCanvas();
  }],
  ['rename a port', async (window) => {
    const name = window.page.locator('.inspector').getByLabel('Name of input positive');
    await name.fill('wanted');
    await name.press('Enter');
  }],
  ['add a port', async (window) => window.page.locator('.inspector').getByRole('button', { name: 'Add output' }).click()],
  pressButton('Sample', 'Show steps on the sub-graph'),
  ['set a param of the use', async (window) => {
    await window.focusCanvas();
    await window.page.keyboard.press('Control+ArrowUp');
    await window.settle();
    await set('Sampler', 'steps', '6')[1](window);
  }],
  command('Make this use its own', ['Sampler']),
  command('Unpack the sub-graph', ['Sampler']),
  ['delete sub-graphs without uses', (window) => window.command('Delete sub-graphs without uses')],
];

/** Steps of every kind, for a graph as `render` is. */
export const MIXED_STEPS: readonly Step[] = [
  set('Sample', 'steps', '7'), set('Sample', 'guidance scale', '5.5'), SCHEDULER, set('Empty Latent', 'width', '128'), set('Empty Latent', 'seeds', '7, 8'),
  choose('Empty Latent', 'When a run starts, seeds', 'increment'), choose('Save Image', 'format', 'webp'), type('Encode Prompt', 'prompts 1', ' at night'), type('Encode Prompt', 'negative prompt', 'blurry'), type('Save Image', 'name', '-of-mine'),
  ...press('Sample', 'ArrowRight', 'ArrowDown', 'c', 'c', 'm', 'm', 'b', 'b'), ...press('VAE Decode', 'ArrowUp', 'ArrowLeft'),
  fromMenu('Encode Prompt', 'Teal'), fromMenu('Load Backbone', 'Violet'), fromMenu('Load Backbone', 'No colour'),
  pressButton('Sample', 'Input port for guidance scale'), pressButton('Sample', 'Input port for steps'), pressButton('Sample', 'Input port for guidance scale'),
  pressButton('Empty Latent', 'Reset width to its default'),
  ['drag a node', async (window) => {
    await window.select('Save Image');
    const { x, y, width } = await window.node('Save Image');
    await dragBy(window, [x + width * 0.6, y + 8], -20, 40);
  }],
  ['resize a node', async (window) => {
    await window.select('Save Image');
    const { x, y, width, height } = await window.node('Save Image');
    await dragBy(window, [x + width - 3, y + height - 3], 30, 20);
  }],
  // From here on there is room between the nodes.
  command('Lay out automatically', []),
  ...LINKS,
  // What was moved before is out of line, whatever the layout made of it.
  ...press('VAE Decode', 'ArrowDown', 'ArrowRight'),
  command('Align: left', ['Load Backbone', 'Empty Latent']), command('Align: top', ['Sample', 'VAE Decode']), command('Distribute: horizontal', ['Encode Prompt', 'Sample', 'VAE Decode']),
  ...GROUPS,
  ...SUBGRAPHS,
  ...press('Encode Prompt', 'Control+d', 'Delete'),
  ['cut', async (window) => {
    await window.select('Save Image');
    await window.clipboard('cut');
  }],
  ['paste', (window) => window.clipboard('paste')],
  ['add a node', async (window) => {
    await window.focusCanvas();
    await window.page.keyboard.press('Tab');
    await window.page.keyboard.type('note');
    await window.page.keyboard.press('Enter');
  }],
  ['write a note', async (window) => {
    await window.page.locator('.inspector').getByLabel('text', { exact: true }).fill('what this is for');
    await window.focusCanvas();
  }],
  ['name a node', async (window) => {
    await window.select('Note');
    await window.page.keyboard.press('F2');
    await window.settle();
    await window.page.keyboard.type('Read me');
    await window.focusCanvas();
  }],
  ...press('VAE Decode', 'Control+Delete'), ...press('Encode Prompt', 'Delete'),
];
