import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useStudio } from '../studio/studio.ts';

/** A result's thumbnail, fetched when it shows. */
export function Thumbnail({ result, size, alt }: { readonly result: string; readonly size: 128 | 256 | 512; readonly alt: string }): VNode {
  const { pictures } = useStudio();
  const [url, setUrl] = useState<string>();
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    let wanted = true;
    setMissing(false);
    pictures.thumbnail(result, size).then((found) => { if (wanted) setUrl(found); }, () => { if (wanted) setMissing(true); });
    return () => { wanted = false; };
  }, [result, size]);
  if (missing) return <span class="muted small">no picture</span>;
  return <img alt={alt} src={url} decoding="async" draggable={false} />;
}
