import { TriangleAlert } from 'lucide-react';
import css from './OnCall.module.css';

/** Of a schedule that the server cannot read: what it is that it cannot, and what follows from it. */
export function Unreadable({ text }: { text: string }) {
  return (
    <p className={css.unreadable} role="note">
      <TriangleAlert size={15} aria-hidden /> <span>{text}</span>
    </p>
  );
}
