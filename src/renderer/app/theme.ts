import { effect } from '@preact/signals';
import type { Preferences } from '../panels/studio/preferences.ts';

/** Keeps the page's theme and size as the preferences, or the system, have them. @returns what ends it. */
export function applyTheme({ values }: Preferences): () => void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const contrast = window.matchMedia('(prefers-contrast: more)');
  const apply = (): void => {
    const system = contrast.matches ? 'contrast' : dark.matches ? 'dark' : 'light';
    document.documentElement.dataset['theme'] = values.theme.value === 'system' ? system : values.theme.value;
    document.documentElement.style.setProperty('--scale', String(values.scale.value));
  };
  const stop = effect(apply);
  dark.addEventListener('change', apply);
  contrast.addEventListener('change', apply);
  return () => {
    stop();
    dark.removeEventListener('change', apply);
    contrast.removeEventListener('change', apply);
  };
}
