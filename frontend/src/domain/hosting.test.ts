import { describe, expect, it } from 'vitest';
import { countryName } from './country';
import { cronState, cronText } from './cron';
import { alignDays, datesOf, dayHead, dayName } from './days';
import { isAddress, LOG_RANGES, rangeStart, unblockCommand, verdict } from './firewall';
import { hasValues, hintParts, PROBE_STATES, statesToAsk } from './probe';
import { withIds } from './rows';
import { spark } from './spark';
import { daysLeftText, fullLevel, fullText, growthText, hoursText, slopeOf, slopeText } from './trend';
import { times } from './units';

const GiB = 1024 ** 3;

describe('trends', () => {
  it.each([
    [null, 'no trend yet', 'unknown'],
    [0, 'steady', 'steady'],
    [0.4, 'steady', 'steady'],
    [-0.4, 'steady', 'steady'],
    [0.6, '+1/h', 'rising'],
    [120.4, '+120/h', 'rising'],
    [12_345, '+12,345/h', 'rising'],
    [-35, '−35/h', 'falling'],
  ])('a queue that grows by %j an hour is %s', (perHour, text, slope) => {
    expect(slopeText(perHour)).toBe(text);
    expect(slopeOf(perHour)).toBe(slope);
  });

  it.each([
    [null, 'no trend yet'],
    [0, 'steady'],
    [-5000, 'steady'],
    [1.2 * GiB, '+1.2 GiB/h'],
    [-300 * 1024 ** 2, '−300 MiB/h'],
  ])('a disk that grows by %j bytes an hour says %s', (perHour, text) =>
    expect(growthText(perHour)).toBe(text),
  );

  it.each([
    [0, 'under 1 h'],
    [0.99, 'under 1 h'],
    [1, '1 h'],
    [5.8, '5 h'],
    [47.9, '47 h'],
    [48, '2 d'],
    [71.9, '2 d'],
    [1440, '60 d'],
    [1441, 'over 60 d'],
    [1e9, 'over 60 d'],
  ])('%d hours to full are %s', (hours, text) => expect(hoursText(hours)).toBe(text));

  it('tells a disk that does not fill from one that nobody knows about yet', () => {
    expect(fullText(null, null)).toBe('no trend yet');
    expect(fullText(null, 0)).toBe('not filling');
    expect(fullText(null, -5 * GiB)).toBe('not filling');
    expect(fullText(5, GiB)).toBe('5 h');
    // Inodes run out while the bytes shrink.
    expect(fullText(5, -GiB)).toBe('5 h');
  });

  it('is loud within a day and warns within three', () => {
    expect([null, 0, 24, 24.1, 72, 72.1].map(fullLevel)).toEqual([
      'none',
      'danger',
      'danger',
      'warn',
      'warn',
      'far',
    ]);
  });

  it('counts days to the last one and from it', () => {
    expect([31, 2, 1, 0, -1, -9].map(daysLeftText)).toEqual([
      '31 d left',
      '2 d left',
      'tomorrow',
      'today',
      'over since yesterday',
      'over for 9 d',
    ]);
  });

  it('says how unusual a number is', () => {
    expect([null, undefined, 0, 0.84, 3.44, 24.6, 12_000].map(times)).toEqual([
      '–',
      '–',
      '0.0x',
      '0.8x',
      '3.4x',
      '25x',
      '12,000x',
    ]);
  });
});

describe('the matrix of days', () => {
  const day = (date: string, runs = 1) => ({ date, runs });

  it('names days without a zone of its own: a date is no moment', () => {
    expect(dayHead('2026-05-05')).toBe('Tue 5');
    expect(dayName('2026-05-05')).toBe('Tue 5 May');
    expect(dayName('2026-12-31')).toBe('Thu 31 Dec');
  });

  it('has the newest seven days that any row tells of', () => {
    const rows = [
      { days: [day('2026-05-02'), day('2026-05-03')] },
      { days: [] },
      { days: [day('2026-05-01'), day('2026-05-03'), day('2026-05-04')] },
    ];
    expect(datesOf(rows)).toEqual(['2026-05-01', '2026-05-02', '2026-05-03', '2026-05-04']);
    expect(datesOf(rows, 2)).toEqual(['2026-05-03', '2026-05-04']);
    expect(datesOf([])).toEqual([]);
  });

  it('puts each day under its head, and nothing where a row tells nothing', () => {
    const row = [day('2026-05-04', 3), day('2026-05-02', 0)];
    expect(alignDays(row, ['2026-05-02', '2026-05-03', '2026-05-04'])).toEqual([
      day('2026-05-02', 0),
      null,
      day('2026-05-04', 3),
    ]);
  });
});

describe('sparks', () => {
  it('tells nothing reported from zero, and a small value from none', () => {
    const { bars, words } = spark([0, null, 1, 1000], 'Recipients');
    expect(bars).toEqual([0, null, 0.06, 1]);
    expect(words).toBe('Recipients: at most 1,000, newest 1,000, 1 of 4 not reported');
  });

  it('is flat, not broken, where all is zero, and says so where all is unknown', () => {
    expect(spark([0, 0], 'Recipients').bars).toEqual([0, 0]);
    expect(spark([null, null], 'Recipients')).toEqual({
      bars: [null, null],
      words: 'Recipients: nothing reported',
    });
    expect(spark([], 'Recipients').words).toBe('Recipients: nothing reported');
    expect(spark([5, null], 'Recipients').words).toContain('newest not reported');
  });
});

describe('probes', () => {
  it('have values when they are current, and old ones when they are stale', () => {
    const shown = PROBE_STATES.filter((state) => hasValues({ state, observed_at: null, hint: null }));
    expect(shown).toEqual(['stale', 'ok']);
  });

  it('are asked for without the hosts that have no such thing, unless these are chosen', () => {
    expect(statesToAsk([])).toBe('no_permission,collector_error,timeout,stale,no_data,ok');
    expect(statesToAsk(['not_installed'])).toBe('not_installed');
  });

  it('give advice with what is to be typed apart', () => {
    expect(hintParts('run `agent.sh doctor` on the host')).toEqual([
      'run ',
      'agent.sh doctor',
      ' on the host',
    ]);
    expect(hintParts('no backquotes')).toEqual(['no backquotes']);
    expect(hintParts('one ` alone')).toEqual(['one ` alone']);
  });
});

describe('cron jobs', () => {
  const job = (is_overdue: boolean | null, last_exit: number | null, overdue_s: number | null = null) => ({
    is_overdue,
    last_exit,
    overdue_s,
  });

  it.each([
    [job(true, 0, 10_800), 'overdue', 'overdue 3 h'],
    [job(true, 2, 90), 'overdue', 'overdue 1 min'],
    [job(true, null), 'overdue', 'overdue'],
    [job(false, 2), 'failed', 'ended with 2'],
    [job(null, 1), 'failed', 'ended with 1'],
    [job(false, 0), 'on_time', 'on time'],
    [job(false, null), 'on_time', 'on time'],
    [job(null, null), 'unknown', 'cannot tell'],
    [job(null, 0), 'unknown', 'cannot tell'],
  ])('%j is %s', (facts, state, text) => {
    expect(cronState(facts)).toBe(state);
    expect(cronText(facts)).toBe(text);
  });
});

describe('rows', () => {
  it('have an id each, also equal ones', () => {
    const rows = withIds([{ a: 1 }, { a: 1 }, { a: 2 }, { a: 1 }], (row) => [row.a, null]);
    expect(rows.map((row) => row.id)).toEqual(['[1,null]', '[1,null]#1', '[2,null]', '[1,null]#2']);
  });
});

describe('countries', () => {
  it('are named where the code is one', () => {
    expect(countryName('BD')).toBe('Bangladesh');
    for (const odd of [null, '', 'bd', 'BGD', 'QQ', '<script>']) expect(countryName(odd)).toBeNull();
  });
});

describe('firewalls', () => {
  it('give the command that lets an address in again, for nothing but addresses', () => {
    const command = (source: string, action: string, ip: string) => unblockCommand({ source, action, ip });
    expect(command('lfd', 'block', '203.0.113.7')).toBe('sudo csf -dr 203.0.113.7');
    expect(command('csf', 'temp_block', '2001:db8::7')).toBe('sudo csf -tr 2001:db8::7');
    expect(command('fail2ban', 'block', '203.0.113.0/24')).toBe('sudo fail2ban-client unban 203.0.113.0/24');
    expect(command('modsecurity', 'mod_security', '203.0.113.7')).toBeNull();
    for (const odd of ['', '203.0.113.7; reboot', '$(reboot)', '1.2.3.4\nreboot', '-rf', 'x.example.com'])
      expect(command('csf', 'block', odd)).toBeNull();
  });

  it('are asked for addresses only', () => {
    const good = ['203.0.113.7', '0.0.0.0', '2001:db8::7', '::1', '::ffff:203.0.113.7'];
    const bad = [
      '',
      '203.0.113',
      '203.0.113.256',
      '203.0.113.0/24',
      'example.com',
      '2001:db8::7::1',
      ':::',
      'dead',
    ];
    expect(good.filter((text) => !isAddress(text))).toEqual([]);
    expect(bad.filter(isAddress)).toEqual([]);
  });

  it('never say a plain no while one of them cannot be read', () => {
    const say = (blocked_on: number, known: number, unknown_servers: number) =>
      verdict({ blocked_on, unknown_servers, servers: Array(known).fill({}), looked_back_h: 720 });
    expect(say(2, 3, 4)).toEqual({ tone: 'blocked', text: 'Blocked on 2 servers' });
    expect(say(1, 1, 0).text).toBe('Blocked on 1 server');
    expect(say(0, 2, 0)).toEqual({ tone: 'open', text: 'Not blocked by the firewalls whose logs name it' });
    expect(say(0, 0, 0)).toEqual({ tone: 'unheard', text: 'In no firewall’s log of the last 30 days' });
    expect(say(0, 0, 1200)).toEqual({
      tone: 'unknown',
      text: 'In no firewall’s log of the last 30 days, but 1,200 servers cannot tell',
    });
  });

  it('look back as far as the range says', () => {
    const now = Date.parse('2026-05-07T06:00:00Z');
    expect(LOG_RANGES.map((range) => rangeStart(range, now))).toEqual([
      '2026-05-07T05:00:00.000Z',
      '2026-05-06T06:00:00.000Z',
      '2026-04-30T06:00:00.000Z',
      '2026-04-07T06:00:00.000Z',
    ]);
  });
});
