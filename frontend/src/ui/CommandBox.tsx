import css from './CommandBox.module.css';
import { CopyButton } from './CopyButton';

/** A command to paste into one's own terminal: the platform never runs it. */
export function CommandBox({ command, label = 'Copy command' }: { command: string; label?: string }) {
  return (
    <div className={css.box}>
      <code className={css.code}>{command}</code>
      <CopyButton text={command} label={label} />
    </div>
  );
}
