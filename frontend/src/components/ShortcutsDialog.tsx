import { Kbd, Modal } from '@mantine/core';
import css from './ShortcutsDialog.module.css';

const SHORTCUTS: [keys: string[], what: string][] = [
  [['/'], 'Search servers and incidents'],
  [['j', 'k'], 'Next and previous row'],
  [['Enter'], 'Open the row'],
  [['a'], 'Acknowledge the row, or the incident shown'],
  [['?'], 'This list'],
  [['Esc'], 'Close what is open'],
];

export function ShortcutsDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Keyboard"
      size="sm"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <dl className={css.list}>
        {SHORTCUTS.map(([keys, what]) => (
          <div key={what} className={css.row}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
