import type { EngineProcess } from '../services/message-port.ts';

/** An entry of a menu, in the words of Electron's templates. */
export interface MenuEntry {
  readonly label?: string;
  /** One of the system's own entries: `quit`, `copy`. */
  readonly role?: string;
  readonly type?: 'separator';
  readonly accelerator?: string;
  /** Only shown: the window itself listens to the keys, since they can be changed there. */
  readonly registerAccelerator?: boolean;
  readonly click?: () => void;
  readonly submenu?: readonly MenuEntry[];
}

export interface FileFilter { readonly name: string; readonly extensions: string[] }

/** What a file dialog is asked for. */
export interface DialogRequest {
  readonly kind: 'open' | 'save';
  readonly title: string;
  readonly folder: boolean;
  readonly suggested?: string;
  readonly filters: readonly FileFilter[];
}

/** Place and size of a window on the screen. */
export interface WindowBounds { readonly x?: number; readonly y?: number; readonly width: number; readonly height: number; readonly maximized: boolean }

/** A rectangle of the desktop, in the system's units. */
export interface ScreenArea { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

/** A window, as far as this program cares. */
export interface ShellWindow {
  readonly id: number;
  /** Tells the page; what is told before it has loaded is lost. */
  send(message: unknown): void;
  focus(): void;
  /** Loads the page anew. */
  reload(): void;
  bounds(): WindowBounds;
  /** Told when the person turns to this window. */
  onFocused(listener: () => void): void;
  /** Told when the page's process has died, with the system's word for why. */
  onPageDied(listener: (reason: string) => void): void;
  onClosed(listener: () => void): void;
}

/** What asks something of the main process. */
export interface Sender {
  /** Address of the frame that asks; undefined when it is gone. */
  readonly url: string | undefined;
  /** Whether it is the page itself and not a frame in it. */
  readonly isMainFrame: boolean;
  /** Id of its window; undefined when it is in none of ours. */
  readonly window: number | undefined;
}

/** The desktop under the program: Electron in the product, something simpler in tests. */
export interface ShellPlatform {
  readonly system: NodeJS.Platform;
  /** Command line after the program's name. */
  readonly args: readonly string[];
  readonly workFolder: string;
  documentsFolder(): string;
  /** @returns false when the program runs already; that one is told. */
  becomeOnly(onSecond: (args: readonly string[], workFolder: string) => void): boolean;
  /** Files that the system asks to open (macOS); may be called before the program is ready. */
  onOpenFile(listener: (path: string) => void): void;
  ready(): Promise<void>;
  /** Answers everything at `engram://studio/`. */
  servePages(answer: (address: string, method: string) => PageAnswer): void;
  /** Asked before any permission is given to any page. */
  onPermission(allowed: (permission: string, origin: string) => boolean): void;
  onCall(handler: (sender: Sender, name: unknown, input: unknown) => Promise<unknown>): void;
  /** The parts of all screens that windows can be in. */
  screens(): readonly ScreenArea[];
  openWindow(bounds: WindowBounds | undefined): ShellWindow;
  setMenu(entries: readonly MenuEntry[]): void;
  addRecentDocument(path: string): void;
  askForFile(window: number | undefined, request: DialogRequest): Promise<string | null>;
  showInFolder(path: string): void;
  showFailure(title: string, text: string): void;
  forkEngine(program: string): EngineProcess;
  onActivate(listener: () => void): void;
  onAllClosed(listener: () => void): void;
  /** The work is awaited before the program ends. */
  onQuit(work: () => Promise<void>): void;
  quit(): void;
}

/** What a page is answered. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}
