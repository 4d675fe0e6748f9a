import { describeError, inputError, toErrorData } from '../../contract/errors.ts';
import type { StudioAnswer, StudioEvent } from '../../contract/studio-api.ts';
import type { PageFile } from '../ipc/page-files.ts';
import { answerCall } from '../ipc/answer.ts';
import { studioHandlers, type ShellServices, type StudioHandlers } from '../ipc/studio-calls.ts';
import type { Studio } from '../services/studio/studio.ts';
import { dialogRequest } from './dialogs.ts';
import { menuEntries } from './menu.ts';
import { fileAmong, isOpenable } from './open-requests.ts';
import { allowsPermission, answerPage, isStudioPage } from './pages.ts';
import type { Sender, ShellPlatform, ShellWindow, WindowBounds } from './platform.ts';
import { WindowPlaces, withinScreens } from './window-places.ts';

export interface DesktopOptions {
  readonly platform: ShellPlatform;
  readonly readFiles: () => Promise<ReadonlyMap<string, PageFile>>;
  readonly openStudio: (emit: (event: StudioEvent) => void) => Promise<Studio>;
}

/** A page that dies more often than this within a minute is not loaded again: it would die again. */
const MOST_DEATHS = 3;
const DEATHS_WITHIN_MS = 60_000;

interface OpenWindow {
  readonly window: ShellWindow;
  /** Its page has asked for something: what is told from now on arrives. */
  listens: boolean;
  /** The file that it shows first. */
  first: string | undefined;
  /** When its page has died, in milliseconds since 1970. */
  deaths: readonly number[];
}

/** The desktop program: windows, menus, dialogs and the system's requests, around one studio. */
export class Desktop {
  private readonly windows = new Map<number, OpenWindow>();
  private focused: number | undefined;
  private studio: Studio | undefined;
  private places: WindowPlaces | undefined;
  /** Settles when the place of the window that was closed last is written. */
  private placed: Promise<void> | undefined;
  /** A file that the system asked for before there was a window. */
  private early: string | undefined;

  constructor(private readonly options: DesktopOptions) {}

  /** Starts the program, or hands over to the one that runs. */
  async start(): Promise<void> {
    const { platform } = this.options;
    if (!platform.becomeOnly((args, folder) => { this.openOrFocus(fileAmong(args, folder)); })) return platform.quit();
    platform.onOpenFile((path) => { this.openFromSystem(path); });
    this.early ??= fileAmong(platform.args, platform.workFolder);
    await platform.ready();
    try {
      await this.open();
    } catch (error) {
      platform.showFailure('Engram Studio could not be started', describeError(toErrorData(error)));
      platform.quit();
    }
  }

  private async open(): Promise<void> {
    const { platform, readFiles, openStudio } = this.options;
    platform.onPermission(allowsPermission);
    const files = await readFiles();
    platform.servePages((address, method) => answerPage(files, address, method));
    const studio = await openStudio((event) => { this.broadcast(event); });
    this.studio = studio;
    this.places = new WindowPlaces(studio.options.dataFolder);
    platform.onQuit(async () => {
      await this.placed;
      await studio.close();
    });
    platform.onCall((sender, name, input) => this.answer(studio, sender, name, input));
    platform.onActivate(() => { if (this.windows.size === 0) this.openWindow(undefined); });
    platform.onAllClosed(() => { if (platform.system !== 'darwin') platform.quit(); });
    await this.refreshMenu();
    const first = this.early;
    if (first !== undefined) studio.folders.grantFileFolder(first);
    this.openWindow(first, withinScreens(await this.places.read(), platform.screens()));
  }

  private openWindow(first: string | undefined, bounds?: WindowBounds): void {
    const window = this.options.platform.openWindow(bounds);
    const entry: OpenWindow = { window, listens: false, first, deaths: [] };
    this.windows.set(window.id, entry);
    this.focused = window.id;
    window.onFocused(() => { this.focused = window.id; });
    window.onPageDied((reason) => { this.pageDied(entry, reason); });
    window.onClosed(() => {
      // The place that a window is closed at is the place of the next one.
      this.placed = this.places?.keep(window.bounds());
      this.windows.delete(window.id);
      if (this.focused === window.id) this.focused = [...this.windows.keys()].at(-1);
    });
  }

  /** Loads a page again whose process has died: unsaved work was kept, and is offered. */
  private pageDied(entry: OpenWindow, reason: string): void {
    if (reason === 'clean-exit') return;
    const now = Date.now();
    entry.deaths = [...entry.deaths.filter((time) => now - time < DEATHS_WITHIN_MS), now];
    entry.listens = false;
    if (entry.deaths.length <= MOST_DEATHS) return entry.window.reload();
    this.options.platform.showFailure('This window has stopped', `Its page has died ${entry.deaths.length} times within a minute (${reason}). Unsaved work is kept: close the window and open another.`);
  }

  /** Checks who asks before anything else is looked at. */
  private async answer(studio: Studio, sender: Sender, name: unknown, input: unknown): Promise<StudioAnswer> {
    const { platform } = this.options;
    const entry = sender.window === undefined ? undefined : this.windows.get(sender.window);
    if (entry === undefined || !sender.isMainFrame || !isStudioPage(sender.url)) {
      return { ok: false, errors: [inputError('shell.sender', 'Engram Studio', 'only its own windows are answered', { got: String(sender.url).slice(0, 200) }).data] };
    }
    entry.listens = true;
    const call = typeof name === 'string' ? name : '';
    const answer = await answerCall(this.handlersFor(studio, entry), call, input);
    if (answer.ok && /^files\.(?:open|save|saveAs)$/.test(call)) platform.addRecentDocument((input as { readonly path: string }).path);
    if (answer.ok && /^files\.(?:open|save|saveAs|forget)$/.test(call)) await this.refreshMenu();
    return answer;
  }

  private handlersFor(studio: Studio, { window, first }: OpenWindow): StudioHandlers {
    const { platform } = this.options;
    const shell: ShellServices = {
      kind: 'desktop',
      openFirst: () => first,
      pick: (purpose, suggested) => platform.askForFile(window.id, dialogRequest(purpose, suggested)),
      reveal: async (path) => { platform.showInFolder(path); },
    };
    return studioHandlers(studio, shell);
  }

  private async refreshMenu(): Promise<void> {
    const { platform } = this.options;
    // A list that can't be read is no reason to have no menus.
    const recent = (await this.studio?.recent.list().catch(() => [])) ?? [];
    platform.setMenu(menuEntries(platform.system, recent, {
      command: (name) => { this.sendToFocused({ event: 'menu', data: { command: name } }); },
      open: (path) => { this.openOrFocus(path); },
      newWindow: () => { this.openWindow(undefined); },
      quit: () => { platform.quit(); },
    }));
  }

  private openFromSystem(path: string): void {
    if (!isOpenable(path)) return;
    if (this.studio === undefined) this.early = path;
    else this.openOrFocus(path);
  }

  /** Shows a file in the window that has the focus; without one in a new window. */
  private openOrFocus(path: string | undefined): void {
    if (this.studio === undefined) {
      this.early = path ?? this.early;
      return;
    }
    if (path !== undefined) this.studio.folders.grantFileFolder(path);
    const entry = this.focused === undefined ? undefined : this.windows.get(this.focused);
    if (entry === undefined) return this.openWindow(path);
    entry.window.focus();
    if (path === undefined) return;
    if (entry.listens) entry.window.send({ event: 'open-file', data: { path } } satisfies StudioEvent);
    else entry.first = path;
  }

  private sendToFocused(event: StudioEvent): void {
    const entry = this.focused === undefined ? undefined : this.windows.get(this.focused);
    if (entry?.listens === true) entry.window.send(event);
  }

  private broadcast(event: StudioEvent): void {
    for (const { window, listens } of this.windows.values()) if (listens) window.send(event);
  }
}
