import css from './CommandBox.module.css';
import { CopyButton } from './CopyButton';

/** A command breaks between its words: a browser would break `--option` after its hyphens. */
const Words = ({ text }: { text: string }) =>
  text.split(/(\s+)/).map((word, i) =>
    i % 2 === 0 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the words of one command stay where they are
      <span key={i} className={css.word}>
        {word}
      </span>
    ) : (
      word
    ),
  );

/** A command to paste into one's own terminal: the platform never runs it. */
export function CommandBox({ command, label = 'Copy command' }: { command: string; label?: string }) {
  return (
    <div className={css.box}>
      <code className={css.code}>
        <Words text={command} />
      </code>
      <CopyButton text={command} label={label} />
    </div>
  );
}
