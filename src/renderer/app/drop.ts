import { useState } from 'preact/hooks';
import { unlessUnsaved } from './unsaved.tsx';
import type { WindowState } from './window-context.ts';

const MOST_BYTES = 48 * 1024 * 1024;

/** Opens what is dropped on an element: a graph file, or a picture that carries its graph. */
export function useDrop(state: WindowState): { readonly over: boolean; readonly handlers: Readonly<Record<string, (event: DragEvent) => void>> } {
  const [over, setOver] = useState(false);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
  return {
    over,
    handlers: {
      onDragOver: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: (event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) setOver(false);
      },
      onDrop: (event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) void importFile(state, file);
      },
    },
  };
}

/** Opens the graph in a file that was dropped or pasted. */
export async function importFile(state: WindowState, file: File): Promise<void> {
  const { client, notices, documents } = state.studio;
  if (file.size > MOST_BYTES) return notices.tell(`${file.name} is too large to hold a graph.`);
  const imported = await notices.attempt(async () => client.call('files.import', { name: file.name.slice(0, 500), base64: await toBase64(file) }));
  if (imported) unlessUnsaved(state, () => documents.take(imported.graph, imported.name));
}

/** Bytes as base64, by the browser's own encoder and off this thread: a loop over the bytes of a large file would stop the window. */
function toBase64(bytes: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      // "data:<type>;base64,<what is wanted>"; of no bytes it may be "data:" alone.
      const url = typeof reader.result === 'string' ? reader.result : '';
      resolve(url.slice(url.indexOf(',') + 1 || url.length));
    };
    reader.onerror = () => reject(reader.error ?? new Error('the file can\'t be read'));
    reader.readAsDataURL(bytes);
  });
}
