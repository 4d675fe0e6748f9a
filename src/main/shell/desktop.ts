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
import { WindowPlaces } from './window-places.ts';

export interface DesktopOptions {
  readonly platform: ShellPlatform;
  readonly readFiles: () => Promise<ReadonlyMap<string, PageFile>>;
  readonly openStudio: (emit: (event: StudioEvent) => void) => Promise<Studio>;
}

interface OpenWindow {
  readonly window: ShellWindow;
  /** Its page has asked for something: what is told from now on arrives. */
  listens: boolean;
  /** The file that it shows first. */
  first: string | undefined;
}

/** The desktop program: windows, menus, dialogs and the system's requests, around one studio. */
export class Desktop {
  private readonly windows = new Map<number, OpenWindow>();
  private focused: number | undefined;
  private studio: Studio | undefined;
  private places: WindowPlaces | undefined;
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
    platform.onQuit(() => studio.close());
    platform.onCall((sender, name, input) => this.answer(studio, sender, name, input));
    platform.onActivate(() => { if (this.windows.size === 0) this.openWindow(undefined); });
    platform.onAllClosed(() => { if (platform.system !== 'darwin') platform.quit(); });
    await this.refreshMenu();
    const first = this.early;
    if (first !== undefined) studio.folders.grantFileFolder(first);
    this.openWindow(first, await this.places.read());
  }

  private openWindow(first: string | undefined, bounds?: WindowBounds): void {
    const window = this.options.platform.openWindow(bounds);
    this.windows.set(window.id, { window, listens: false, first });
    this.focused = window.id;
    window.onClosed(() => {
      // The place that a window is closed at is the place of the next one.
      void this.places?.keep(window.bounds());
      this.windows.delete(window.id);
      if (this.focused === window.id) this.focused = [...this.windows.keys()].at(-1);
    });
  }

  /** Checks who asks before anything else is looked at. */
  private async answer(studio: Studio, sender: Sender, name: unknown, input: unknown): Promise<StudioAnswer> {
    const entry = sender.window === undefined ? undefined : this.windows.get(sender.window);
    if (entry === undefined || !sender.isMainFrame || !isStudioPage(sender.url)) {
      return { ok: false, errors: [inputError('shell.sender', 'Engram Studio', 'only its own windows are answered', { got: String(sender.url).slice(0, 200) }).data] };
    }
    entry.listens = true;
    this.focused = entry.window.id;
    const answer = await answerCall(this.handlersFor(studio, entry), String(name), input);
    if (typeof name === 'string' && /^files\.(?:open|save|saveAs|forget)$/.test(name) && answer.ok) await this.fileTouched(input);
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

  private async fileTouched(input: unknown): Promise<void> {
    const { path } = input as { readonly path: string };
    this.options.platform.addRecentDocument(path);
    await this.refreshMenu();
  }

  private async refreshMenu(): Promise<void> {
    const { platform } = this.options;
    const recent = (await this.studio?.recent.list()) ?? [];
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
