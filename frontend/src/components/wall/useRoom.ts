import { type RefObject, useEffect, useRef, useState } from 'react';
import type { Room } from '@/domain/wall';

/** The size of an element and of its letters, whenever it changes; of nothing before it is drawn. */
export function useRoom<E extends HTMLElement>(): [RefObject<E | null>, Room] {
  const element = useRef<E>(null);
  const [room, setRoom] = useState<Room>({ width: 0, height: 0, letter: 16 });
  useEffect(() => {
    const watched = element.current;
    if (!watched) return;
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = watched;
      const letter = Number.parseFloat(getComputedStyle(watched).fontSize);
      setRoom((old) => (old.width === width && old.height === height ? old : { width, height, letter }));
    });
    observer.observe(watched);
    return () => observer.disconnect();
  }, []);
  return [element, room];
}
