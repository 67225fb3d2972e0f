import { describe, expect, it } from 'vitest';
import { choice, choices, integer, readParams, text, writeParams } from './url-state';

const params = {
  q: text(),
  status: choices(['down', 'stale', 'up']),
  range: choice(['1h', '6h'], '1h'),
  server_id: integer(),
};

const read = (search: string) => readParams(params, new URLSearchParams(search));
const write = (search: string, change: Parameters<typeof writeParams<typeof params>>[2]) =>
  writeParams(params, new URLSearchParams(search), change).toString();

describe('url state', () => {
  it('reads defaults from an empty address', () => {
    expect(read('')).toEqual({ q: '', status: [], range: '1h', server_id: null });
  });

  it('falls back where a value does not parse, so that old links never break a page', () => {
    expect(read('range=99y&server_id=x1&status=up,nonsense')).toEqual({
      q: '',
      status: ['up'],
      range: '1h',
      server_id: null,
    });
  });

  it('leaves defaults out of the address and keeps what it does not know', () => {
    expect(write('range=6h&other=1', { range: '1h', q: 'web 09' })).toBe('other=1&q=web+09');
  });

  it('writes a set in its own order, so that the same filter has one address', () => {
    expect(write('', { status: ['up', 'down'] })).toBe('status=down%2Cup');
    expect(write('status=up', { status: [] })).toBe('');
  });

  it('gives back what it wrote', () => {
    const values = { q: 'a=b&c', status: ['stale' as const], range: '6h' as const, server_id: 7 };
    expect(readParams(params, writeParams(params, new URLSearchParams(), values))).toEqual(values);
  });
});
