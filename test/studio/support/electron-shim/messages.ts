/** What a test has the person or the system do. */
export type ShimCommand =
  /** Clicks a menu entry, by its labels from the top. */
  | { readonly type: 'menu'; readonly path: readonly string[] }
  /** The labels of the menus, as lines with `>` between levels. */
  | { readonly type: 'menus' }
  /** What the next dialog is answered. */
  | { readonly type: 'answer-dialog'; readonly path: string | null }
  /** What dialogs were asked for so far. */
  | { readonly type: 'dialogs' }
  | { readonly type: 'second-instance'; readonly args: readonly string[]; readonly folder: string }
  | { readonly type: 'open-file'; readonly path: string }
  /** Sends a call with a sender of the test's making; gives the answer or the error. */
  | { readonly type: 'forge-call'; readonly url: string | null; readonly subframe: boolean; readonly foreign: boolean; readonly name: string; readonly input: unknown }
  /** Asks the handlers of permissions, navigation and new windows what they would say. */
  | { readonly type: 'ask'; readonly what: 'permission' | 'check' | 'navigate' | 'redirect' | 'window' | 'webview' | 'device'; readonly value: string; readonly origin?: string }
  /** The options that windows were made with, the privileges of schemes, what was shown in folders. */
  | { readonly type: 'record' }
  | { readonly type: 'fetch'; readonly address: string; readonly method: string }
  /** Kills the engine's process. */
  | { readonly type: 'kill-engine' }
  /** The person turns to a window; windows are counted from 0 in the order in which they were made. */
  | { readonly type: 'focus-window'; readonly window: number }
  | { readonly type: 'place-window'; readonly window: number; readonly bounds: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } }
  | { readonly type: 'close-window'; readonly window: number }
  /** What Electron says when a page's process has gone. */
  | { readonly type: 'page-dies'; readonly window: number; readonly reason: string }
  | { readonly type: 'quit' };

/** What the shim tells the test. */
export type ShimMessage =
  | { readonly type: 'window'; readonly endpoint: string }
  | { readonly type: 'answer'; readonly id: number; readonly value?: unknown; readonly error?: string };
