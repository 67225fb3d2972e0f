import { MantineProvider } from '@mantine/core';
import { fireEvent, render, screen, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { type Column, DataTable } from './DataTable';
import { holdOrder } from './stable-order';

interface Row {
  id: string;
  n: number;
}
const row = (id: string, n: number): Row => ({ id, n });
const columns: Column<Row>[] = [
  { key: 'id', header: 'Name', sortable: true, cell: (r) => r.id, csv: (r) => r.id },
  { key: 'n', header: 'Number', cell: (r) => r.n, csv: (r) => r.n },
];

const table = (rows: Row[], more: Partial<Parameters<typeof DataTable<Row>>[0]> = {}) => (
  <MantineProvider>
    <DataTable
      label="Things"
      columns={columns}
      rows={rows}
      rowKey={(r) => r.id}
      card={(r) => r.id}
      {...more}
    />
  </MantineProvider>
);

const shown = () =>
  within(screen.getByRole('table', { name: 'Things' }))
    .getAllByRole('row')
    .slice(1)
    .map((r) => r.textContent);

describe('order while the pointer is on the table', () => {
  it('keeps places, renews content, counts what waits', () => {
    const held = holdOrder([row('a', 1), row('b', 2)], [row('c', 3), row('b', 9), row('a', 1)], (r) => r.id);
    expect(held).toEqual({ rows: [row('a', 1), row('b', 9)], waiting: 1 });
  });

  it('lets go when the pointer leaves', () => {
    const { rerender } = render(table([row('a', 1), row('b', 2)]));
    const area = screen.getByRole('table').parentElement as HTMLElement;
    fireEvent.pointerEnter(area, { pointerType: 'mouse' });
    rerender(table([row('b', 5), row('a', 1), row('new', 0)]));
    expect(shown()).toEqual(['a1', 'b5']);
    expect(screen.getByRole('status').textContent).toContain('1 change');
    fireEvent.pointerLeave(area);
    expect(shown()).toEqual(['b5', 'a1', 'new0']);
  });
});

describe('sorting and selecting', () => {
  it('asks for ascending, then descending', () => {
    const onSort = vi.fn();
    const { rerender } = render(table([row('a', 1)], { onSort, sort: '' }));
    fireEvent.click(screen.getByRole('button', { name: 'Name' }));
    rerender(table([row('a', 1)], { onSort, sort: 'id' }));
    expect(screen.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending');
    fireEvent.click(screen.getByRole('button', { name: 'Name' }));
    expect(onSort.mock.calls).toEqual([['id'], ['-id']]);
  });

  it('selects all that may be selected, and no other', () => {
    const onSelect = vi.fn();
    render(table([row('a', 1), row('b', 2)], { selected: new Set(), onSelect, selectable: (r) => r.n > 1 }));
    fireEvent.click(screen.getByRole('checkbox', { name: 'Select all rows' }));
    expect(onSelect).toHaveBeenCalledWith(new Set(['b']));
  });
});

describe('rows in which nothing was measured', () => {
  const measured: Column<Row>[] = [
    { key: 'id', header: 'Name', cell: (r) => r.id, csv: (r) => r.id },
    { key: 'n', header: 'Number', measured: true, cell: (r) => r.n, csv: (r) => r.n },
    { key: 'm', header: 'Twice', measured: true, cell: (r) => r.n * 2, csv: (r) => r.n * 2 },
    { key: 'at', header: 'When', cell: () => 'now', csv: () => 'now' },
    { key: 'why', header: 'Why', hidden: true, cell: () => 'never shown', csv: () => 'x' },
  ];

  it('say why in the place of the values, and keep what is known', () => {
    render(
      table([row('a', 1), row('b', 0)], { columns: measured, note: (r) => r.n === 0 && 'no permission' }),
    );
    expect(shown()).toEqual(['a12now', 'bno permissionnow']);
    expect(screen.getByText('no permission').getAttribute('colspan')).toBe('2');
    expect(screen.getAllByRole('columnheader').map((th) => th.textContent)).toEqual([
      'Name',
      'Number',
      'Twice',
      'When',
    ]);
  });
});
