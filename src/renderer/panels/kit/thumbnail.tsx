import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useStudio } from '../studio/studio.ts';

interface ThumbnailProps {
  readonly result: string;
  readonly size: 128 | 256 | 512;
  readonly alt: string;
  /** Fetched when it comes into view; for lists that draw more than is seen. */
  readonly lazy?: boolean;
}

/** A result's thumbnail. */
export function Thumbnail({ result, size, alt, lazy = false }: ThumbnailProps): VNode {
  const { pictures } = useStudio();
  const element = useRef<HTMLImageElement>(null);
  const [seen, setSeen] = useState(!lazy);
  const [url, setUrl] = useState<string>();
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    if (seen || !element.current) return undefined;
    const watcher = new IntersectionObserver((entries) => { if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true); });
    watcher.observe(element.current);
    return () => watcher.disconnect();
  }, [seen]);
  useEffect(() => {
    if (!seen) return undefined;
    let wanted = true;
    setMissing(false);
    pictures.thumbnail(result, size).then((found) => { if (wanted) setUrl(found); }, () => { if (wanted) setMissing(true); });
    return () => { wanted = false; };
  }, [result, size, seen]);
  if (missing) return <span class="muted small">no picture</span>;
  return <img ref={element} alt={alt} src={url} decoding="async" draggable={false} />;
}
