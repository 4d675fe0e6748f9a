/** Names of the messages between a window's preload script and the main process. */
export const CALL_CHANNEL = 'studio:call';
export const EVENT_CHANNEL = 'studio:event';
