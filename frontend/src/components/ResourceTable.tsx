import { Button, Select } from '@mantine/core';
import { ArrowDownUp, Download } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { Page } from '@/api/types';
import { downloadCsv, toCsv } from '@/domain/csv';
import { type Column, DataTable } from '@/ui/DataTable';
import { Failed, LoadingRows } from '@/ui/states';
import { toast } from '@/ui/toast';
import { usePhone } from '@/ui/usePhone';
import { leaveFocus, useKeys } from './keyboard';
import css from './ResourceTable.module.css';

interface Props<T extends { id: number | string }> {
  /** Accessible name of the table, and of its CSV file. */
  label: string;
  columns: Column<T>[];
  card: (row: T) => ReactNode;
  query: {
    data?: Page<T> | undefined;
    isPending: boolean;
    isPlaceholderData?: boolean;
    error: Error | null;
    refetch: () => unknown;
  };
  /** All rows of all pages that match the filters; the export asks for them. */
  everything?: () => Promise<T[]>;
  sort?: string;
  onSort?: (sort: string) => void;
  /** The list's own order, by a name that says what it is for. */
  ownSort?: { value: string; label: string };
  /** Shows the page that begins at the cursor; undefined is the first. */
  cursor?: string;
  onCursor?: (cursor: string) => void;
  empty: ReactNode;
  filters?: ReactNode;
  onOpen?: (row: T) => void;
  /** Told where j and k go: for a page that shows the row beside the list. */
  onMove?: (row: T) => void;
  /** The row such a page shows now: j and k go on from there. */
  shown?: number | string | null;
  /** What `a` does to the row that j and k are at. */
  onAct?: (row: T) => void;
  tone?: (row: T) => 'critical' | undefined;
  /** Stands in the place of what was measured; see `DataTable`. */
  note?: (row: T) => ReactNode;
  /** The second list of a page leaves j, k and Enter to the first. */
  keyless?: boolean;
  /** Stands where a list of a page has its own heading; the table is named by its label all the same. */
  heading?: ReactNode;
  selection?: {
    keys: ReadonlySet<string>;
    set: (keys: Set<string>) => void;
    selectable?: (row: T) => boolean;
    name: (row: T) => string;
    bar: ReactNode;
  };
}

const rowKey = (row: { id: number | string }) => String(row.id);

/** A list of the API as a table: filters above, states in the middle, pages and export below, keys throughout. */
export function ResourceTable<T extends { id: number | string }>(props: Props<T>) {
  const { label, columns, query, everything, selection } = props;
  const [moved, setMoved] = useState<number | undefined>();
  const rows = query.data?.data ?? [];
  const shown = props.shown ?? null;
  const place = shown === null ? -1 : rows.findIndex((row) => row.id === shown);
  const at = place < 0 ? moved : place;
  const last = rows.length - 1;
  const row = at === undefined ? undefined : rows[at];
  const openRow = () => row && props.onOpen?.(row);
  const move = (to: number) => {
    leaveFocus();
    setMoved(to);
    const next = rows[to];
    if (next) props.onMove?.(next);
  };
  useKeys(
    props.keyless
      ? {}
      : {
          j: () => move(Math.min(last, (at ?? -1) + 1)),
          k: () => move(Math.max(0, (at ?? 1) - 1)),
          Enter: openRow,
          ...(props.onAct ? { a: () => row && props.onAct?.(row) } : {}),
        },
  );

  const exportCsv = async () => {
    try {
      const all = everything ? await everything() : rows;
      const date = new Date().toISOString().slice(0, 10);
      const header = columns.map((c) => c.header || c.key);
      downloadCsv(
        `${label.toLowerCase().replaceAll(' ', '-')}-${date}.csv`,
        toCsv(
          header,
          all.map((r) => columns.map((c) => c.csv(r))),
        ),
      );
    } catch (error) {
      toast.error(`The export failed: ${error instanceof Error ? error.message : error}`);
    }
  };

  const total = query.data?.meta.total;
  const phone = usePhone();
  const { sort, onSort, ownSort } = props;
  const sorting =
    onSort &&
    (phone ? (
      <SortSelect columns={columns} sort={sort} onSort={onSort} own={ownSort} />
    ) : (
      ownSort &&
      sort !== ownSort.value && (
        <Button variant="subtle" color="gray" onClick={() => onSort(ownSort.value)}>
          {ownSort.label}
        </Button>
      )
    ));
  return (
    <section className={css.panel} aria-label={label}>
      {props.heading && <div className={css.heading}>{props.heading}</div>}
      {(props.filters || sorting) && (
        <div className={css.filters}>
          {props.filters}
          {sorting}
        </div>
      )}
      {selection && selection.keys.size > 0 && <div className={css.bulk}>{selection.bar}</div>}
      <div data-refreshing={query.isPlaceholderData || undefined} className={css.body}>
        {query.isPending ? (
          <LoadingRows />
        ) : query.error && !query.data ? (
          <Failed error={query.error} onRetry={() => query.refetch()} />
        ) : rows.length === 0 ? (
          props.empty
        ) : (
          <DataTable
            label={label}
            columns={columns}
            rows={rows}
            rowKey={rowKey}
            card={props.card}
            sort={props.sort}
            onSort={props.onSort}
            onOpen={props.onOpen}
            cursor={at}
            tone={props.tone}
            note={props.note}
            selected={selection?.keys}
            onSelect={selection?.set}
            selectable={selection?.selectable}
            rowName={selection?.name}
          />
        )}
      </div>
      {rows.length > 0 && (
        <footer className={css.footer}>
          <span>
            {total !== undefined && total > rows.length
              ? `${rows.length} of ${total.toLocaleString('en-US')}`
              : `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`}
          </span>
          <span className={css.footerActions}>
            {props.cursor && (
              <Button variant="subtle" color="gray" onClick={() => props.onCursor?.('')}>
                First page
              </Button>
            )}
            {query.data?.meta.next_cursor && (
              <Button variant="default" onClick={() => props.onCursor?.(query.data?.meta.next_cursor ?? '')}>
                Next page
              </Button>
            )}
            <Button variant="subtle" color="gray" leftSection={<Download size={14} />} onClick={exportCsv}>
              CSV
            </Button>
          </span>
        </footer>
      )}
    </section>
  );
}

/** Cards have no headers to press. */
function SortSelect<T>(props: {
  columns: Column<T>[];
  sort: string | undefined;
  onSort: (sort: string) => void;
  own: Props<never>['ownSort'];
}) {
  const orders = props.columns
    .filter((column) => column.sortable)
    .flatMap(({ key, header }) => [
      { value: key, label: `${header} ↑` },
      { value: `-${key}`, label: `${header} ↓` },
    ])
    .filter(({ value }) => value !== props.own?.value);
  return (
    <Select
      size="xs"
      className={css.sort}
      aria-label="Sort"
      leftSection={<ArrowDownUp size={14} />}
      data={props.own ? [props.own, ...orders] : orders}
      value={props.sort}
      onChange={(value) => value && props.onSort(value)}
      allowDeselect={false}
    />
  );
}
