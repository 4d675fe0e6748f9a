import { contextBridge, ipcRenderer } from 'electron';
import type { StudioBridge } from '../contract/studio-api.ts';
import { CALL_CHANNEL, EVENT_CHANNEL } from './shell/channels.ts';

// All that a page gets: one function to ask, one to listen. Neither hands out Electron's own objects; what is asked is checked by the main process.
const bridge: StudioBridge = {
  call: (name, input) => ipcRenderer.invoke(CALL_CHANNEL, name, input),
  onEvent: (listener) => {
    const receive = (_event: unknown, message: unknown): void => { listener(message); };
    ipcRenderer.on(EVENT_CHANNEL, receive);
    return () => { ipcRenderer.removeListener(EVENT_CHANNEL, receive); };
  },
};

contextBridge.exposeInMainWorld('engram', bridge);
