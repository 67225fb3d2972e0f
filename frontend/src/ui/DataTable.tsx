import { Checkbox, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { cx } from './cx';
import css from './DataTable.module.css';
import { holdOrder } from './stable-order';
import { usePhone } from './usePhone';

export interface Column<T> {
  /** Also the server's sort key when `sortable`. */
  key: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** Plain value for the CSV export. */
  csv: (row: T) => unknown;
  sortable?: boolean;
  align?: 'right';
  width?: string | number;
  /** Left out below 1200 px. */
  wide?: boolean;
  /** Holds what was measured: gives way to the row's `note`. Such columns stand side by side. */
  measured?: boolean;
  /** Only in the export. */
  hidden?: boolean;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  /** `name` ascending, `-name` descending. */
  sort?: string;
  onSort?: (sort: string) => void;
  onOpen?: (row: T) => void;
  /** The row of a phone: a card of its own making instead of cells. */
  card: (row: T) => ReactNode;
  selected?: ReadonlySet<string>;
  onSelect?: (keys: Set<string>) => void;
  selectable?: (row: T) => boolean;
  /** What a row is called, for the name of its checkbox. */
  rowName?: (row: T) => string;
  /** Index of the row that j and k are at. */
  cursor?: number;
  tone?: (row: T) => 'critical' | undefined;
  /** Stands in the place of all that was measured, where nothing was: why, and what would help. */
  note?: (row: T) => ReactNode;
}

/** A table that keeps still. It knows rows and columns; where the rows come from is `ResourceTable`'s business. */
export function DataTable<T>(props: Props<T>) {
  const {
    rowKey,
    sort,
    onSort,
    onOpen,
    selected,
    onSelect,
    selectable = () => true,
    rowName = rowKey,
    cursor,
    tone,
  } = props;
  const phone = usePhone();
  const narrow = useMediaQuery('(max-width: 75em)', false, { getInitialValueInEffect: false }) ?? false;
  const columns = props.columns.filter((column) => !column.hidden && !(narrow && column.wide));
  const [held, setHeld] = useState(false);
  const shown = useRef(props.rows);
  const { rows, waiting } = held
    ? holdOrder(shown.current, props.rows, rowKey)
    : { rows: props.rows, waiting: 0 };
  shown.current = rows;
  const current = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the row itself changes with the cursor
  useEffect(() => {
    current.current?.scrollIntoView({ block: 'nearest' });
  }, [cursor]);

  const allKeys = rows.filter(selectable).map(rowKey);
  const toggle = (key: string) => {
    const next = new Set(selected);
    if (!next.delete(key)) next.add(key);
    onSelect?.(next);
  };
  const select = (row: T) =>
    selected &&
    selectable(row) && (
      // biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is the control
      <label className={css.pick}>
        <Checkbox
          aria-label={`Select ${rowName(row)}`}
          checked={selected.has(rowKey(row))}
          onChange={() => toggle(rowKey(row))}
        />
      </label>
    );
  const hold = {
    onPointerEnter: (e: React.PointerEvent) => e.pointerType === 'mouse' && setHeld(true),
    onPointerLeave: () => setHeld(false),
  };

  if (phone) {
    return (
      <ul className={css.cards} aria-label={props.label}>
        {rows.map((row, i) => (
          <li
            key={rowKey(row)}
            className={css.card}
            data-tone={tone?.(row)}
            data-current={i === cursor || undefined}
          >
            {select(row)}
            <div className={css.cardBody}>{props.card(row)}</div>
          </li>
        ))}
      </ul>
    );
  }

  return (
    <div className={css.scroll} {...hold}>
      {waiting > 0 && (
        <div className={css.waiting} role="status">
          {waiting} {waiting === 1 ? 'change' : 'changes'} when the pointer leaves
        </div>
      )}
      <table className={css.table} aria-label={props.label}>
        <thead>
          <tr>
            {selected && (
              <th className={css.check}>
                <Checkbox
                  aria-label="Select all rows"
                  checked={allKeys.length > 0 && allKeys.every((k) => selected.has(k))}
                  indeterminate={
                    allKeys.some((k) => selected.has(k)) && !allKeys.every((k) => selected.has(k))
                  }
                  disabled={allKeys.length === 0}
                  onChange={(e) => onSelect?.(new Set(e.currentTarget.checked ? allKeys : []))}
                />
              </th>
            )}
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            // A click on the row is for the mouse; its link, and j, k and Enter, do the same for the keyboard.
            <tr
              key={rowKey(row)}
              ref={i === cursor ? (current as React.RefObject<HTMLTableRowElement>) : undefined}
              data-current={i === cursor || undefined}
              data-tone={tone?.(row)}
              className={onOpen && css.openable}
              onClick={(e) => {
                const target = e.target as HTMLElement;
                // A menu or dialog of a cell is drawn elsewhere, and its clicks are not the row's.
                const inner = target.closest('a, button, input, label') || !e.currentTarget.contains(target);
                if (!inner && !window.getSelection()?.toString()) onOpen?.(row);
              }}
            >
              {selected && <td className={css.check}>{select(row)}</td>}
              <Cells columns={columns} row={row} note={props.note?.(row)} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cells<T>({ columns, row, note }: { columns: Column<T>[]; row: T; note: ReactNode }) {
  const noted = note !== undefined && note !== null && note !== false;
  const measured = noted ? columns.filter((column) => column.measured) : [];
  return columns.map((column) => {
    if (column === measured[0]) {
      return (
        <td key={column.key} colSpan={measured.length}>
          {note}
        </td>
      );
    }
    if (measured.includes(column)) return null;
    return (
      <td key={column.key} className={cx(column.align === 'right' && css.right)}>
        {column.cell(row)}
      </td>
    );
  });
}

function HeaderCell<T>({
  column,
  sort,
  onSort,
}: {
  column: Column<T>;
  sort?: string;
  onSort?: (s: string) => void;
}) {
  const direction = sort === column.key ? 'ascending' : sort === `-${column.key}` ? 'descending' : undefined;
  const Arrow = direction === 'descending' ? ArrowDown : ArrowUp;
  const style = { width: column.width };
  const names = cx(column.align === 'right' && css.right);
  if (!column.sortable || !onSort) {
    return (
      <th scope="col" style={style} className={names}>
        {column.header || <VisuallyHidden>{column.key}</VisuallyHidden>}
      </th>
    );
  }
  return (
    <th scope="col" style={style} className={names} aria-sort={direction ?? 'none'}>
      <UnstyledButton
        className={css.sort}
        onClick={() => onSort(direction === 'ascending' ? `-${column.key}` : column.key)}
      >
        {column.header}
        <Arrow size={12} aria-hidden style={{ visibility: direction ? 'visible' : 'hidden' }} />
      </UnstyledButton>
    </th>
  );
}
