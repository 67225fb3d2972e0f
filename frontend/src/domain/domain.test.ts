import { describe, expect, it } from 'vitest';
import { csvCell, toCsv } from './csv';
import { minutesSeconds, shortDuration, spokenSeconds, utcClock, wallClock, zoneName } from './duration';
import { absoluteTimes, channelsText, totalSeconds, tPlus } from './escalation';
import { fieldName } from './field-name';
import { withGaps } from './series';
import { byUrgency } from './severity';
import { entryBody, entryTitle } from './timeline';
import { bytes, loadPerCore, percent, share } from './units';

describe('durations', () => {
  it.each([
    [0, '0:00'],
    [-5000, '0:00'],
    [400, '0:01'],
    [59_000, '0:59'],
    [60_000, '1:00'],
    [3_800_000, '63:20'],
    [Number.NaN, '0:00'],
  ])('counts %d ms down as %s', (ms, text) => expect(minutesSeconds(ms)).toBe(text));

  it.each([
    ['Asia/Dhaka', 'UTC+6'],
    ['Asia/Kathmandu', 'UTC+5:45'],
    ['America/St_Johns', 'UTC-2:30'],
    ['UTC', 'UTC'],
  ])('names the zone of %s as %s', (zone, name) => expect(zoneName('2026-05-07T06:34:56Z', zone)).toBe(name));

  it('names the largest whole unit', () => {
    expect(
      [0, 59_999, 60_000, 3_599_000, 3_600_000, 47 * 3_600_000, 72 * 3_600_000].map(shortDuration),
    ).toEqual(['0 s', '59 s', '1 min', '59 min', '1 h', '47 h', '3 d']);
  });

  it('says delays as people do', () => {
    expect([0, 90, 300, 3900, 7261].map(spokenSeconds)).toEqual([
      '0 s',
      '90 s',
      '5 min',
      '1 h 5 min',
      '2 h 1 min 1 s',
    ]);
  });

  it('shows the zone asked for, also half-hour zones and midnight', () => {
    expect(wallClock('2026-05-06T18:00:00Z', 'Asia/Dhaka')).toBe('2026-05-07 00:00:00');
    expect(wallClock('2026-05-07T00:00:00Z', 'Asia/Kolkata')).toBe('2026-05-07 05:30:00');
    expect(utcClock('2026-05-07T12:34:56+06:00')).toBe('2026-05-07 06:34:56 UTC');
  });
});

describe('escalation times', () => {
  it('adds each delay to the step before: 0, 5 and 15 min fire at T+0, T+5 and T+20', () => {
    const times = absoluteTimes([{ delay_seconds: 0 }, { delay_seconds: 300 }, { delay_seconds: 900 }]);
    expect(times.map(tPlus)).toEqual(['T+0', 'T+5 min', 'T+20 min']);
  });

  it('starts a further pass after the last step', () => {
    const steps = [{ delay_seconds: 0 }, { delay_seconds: 900 }];
    expect(totalSeconds(steps, 0, 900)).toBe(900);
    expect(totalSeconds(steps, 2, 900)).toBe(3 * 900 + 2 * 900);
  });
});

describe('csv', () => {
  it.each(['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\tx', '\rx'])('defuses the formula %j', (text) =>
    expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/),
  );

  it('leaves numbers alone, also negative ones', () => {
    expect([-5, '-5', '+3.5', 0, null, undefined].map(csvCell)).toEqual(['-5', '-5', '+3.5', '0', '', '']);
  });

  it('quotes what needs quotes', () => {
    expect(
      toCsv(
        ['a', 'b'],
        [
          ['x,y', 'say "hi"'],
          [['t1', 't2'], 'two\nlines'],
        ],
      ),
    ).toBe('a,b\r\n"x,y","say ""hi"""\r\nt1 t2,"two\nlines"');
  });
});

describe('series', () => {
  it('draws no line over an outage', () => {
    const { times, lines } = withGaps(
      [0, 60, 120, 600, 660],
      [{ label: 'x', avg: [1, 2, 3, 4, 5], max: [1, 2, 3, 4, 5] }],
    );
    expect(times).toEqual([0, 60, 120, 180, 600, 660]);
    expect(lines[0]?.avg).toEqual([1, 2, 3, null, 4, 5]);
    expect(lines[0]?.max).toEqual([1, 2, 3, null, 4, 5]);
    expect(lines[0]?.min).toBeUndefined();
  });

  it('keeps a late report and too few points as they are', () => {
    expect(withGaps([0, 60, 130, 190], [{ label: 'x', avg: [1, 2, 3, 4] }]).times).toEqual([0, 60, 130, 190]);
    expect(withGaps([0, 9000], [{ label: 'x', avg: [1, 2] }]).times).toEqual([0, 9000]);
  });
});

describe('units', () => {
  it('tells unknown from zero', () => {
    expect([percent(null), percent(0), bytes(undefined), bytes(0)]).toEqual(['–', '0 %', '–', '0 B']);
    expect([loadPerCore(4, null), loadPerCore(4, 0), loadPerCore(4, 8)]).toEqual([null, null, 0.5]);
    expect([share(1, 0), share(null, 10), share(5, 10)]).toEqual([null, null, 50]);
  });

  it('keeps three digits', () => {
    expect([1023, 1024, 1536, 1024 ** 3 * 200].map(bytes)).toEqual([
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '200 GiB',
    ]);
  });
});

describe('urgency', () => {
  it('puts unacknowledged before severity before age', () => {
    const row = (id: string, status: string, severity: string, opened_at: string) => ({
      id,
      status,
      severity,
      opened_at,
    });
    const rows = [
      row('resolved', 'resolved', 'critical', '1'),
      row('taken critical', 'acknowledged', 'critical', '1'),
      row('open low', 'open', 'low', '1'),
      row('open high new', 'open', 'high', '2'),
      row('open high old', 'open', 'high', '1'),
    ];
    expect(rows.sort(byUrgency).map((r) => r.id)).toEqual([
      'open high old',
      'open high new',
      'open low',
      'taken critical',
      'resolved',
    ]);
  });
});

describe('timeline', () => {
  const entry = (type: string, actor: string, actor_name: string | null, detail: unknown) => ({
    type,
    actor,
    actor_name,
    detail,
  });

  it('names people, detectors and policies', () => {
    expect(entryTitle(entry('acknowledged', 'user:2', 'Operator', {}))).toBe('Operator acknowledged');
    expect(entryTitle(entry('opened', 'detector:service_down', null, {}))).toBe(
      'Detector “Service down” opened it',
    );
    expect(entryTitle(entry('opened', 'detector:threshold', null, {}))).toBe('The rule opened it');
    expect(entryTitle(entry('step_fired', 'policy:Nights: web', null, {}))).toBe(
      'Policy “Nights: web” fired a step',
    );
    expect(entryTitle(entry('something_new', 'system', null, {}))).toBe('The system something new');
  });

  it('says from whom it was taken over, and why a step reached nobody', () => {
    const text = 'Taken over by Bob from Ada.';
    const taken = entry('taken_over', 'user:2', 'Bob', { text, by: 'Bob', from: 'Ada' });
    expect([entryTitle(taken), entryBody(taken)]).toEqual(['Bob took it over', 'from Ada']);
    const nobody = entry('step_reached_nobody', 'policy:Nights', null, {
      text: 'Step 1 of 2: nobody was reached',
      told: [],
      warnings: ['nobody is on call'],
    });
    expect(entryTitle(nobody)).toBe('Policy “Nights” reached nobody with a step');
    expect(entryBody(nobody)).toBe('Step 1 of 2: nobody was reached; nobody is on call');
  });

  it('says what was seen in better words where there are any', () => {
    const opened = entry('opened', 'detector:threshold', null, { observed: 'a = 1', expected: 'a' });
    const words = (text: string) => text.replace('a', 'Load');
    expect(entryBody(opened, words)).toBe('observed: Load = 1 · expected: a');
    expect(entryBody(opened)).toBe('observed: a = 1 · expected: a');
  });

  it('shows a note as its text, other particulars as pairs without the empty ones', () => {
    expect(entryBody(entry('note', 'user:2', 'N', { text: '<b>hi</b>' }))).toBe('<b>hi</b>');
    expect(
      entryBody(entry('step_fired', 'policy:1', null, { step: 1, channels: ['email'], reason: null })),
    ).toBe('step: 1 · channels: email');
    expect(entryBody(entry('opened', 'system', null, null))).toBe('');
  });
});

describe('channels of a step', () => {
  it('are all that are switched on where none is named', () => {
    expect(channelsText(['email', 'slack'])).toBe('email, slack');
    expect(channelsText([])).toBe('every enabled channel');
  });
});

describe('field names', () => {
  it.each([
    ['name', 'name'],
    ['settings.chat_id', 'chat'],
    ['condition.for_seconds', 'for seconds'],
    ['steps.0.channels', 'step 1 channels'],
    ['steps.1.targets.external', 'step 2 targets external'],
    ['escalation_policy_id', 'escalation policy'],
  ])('%s is called %s', (path, name) => expect(fieldName(path)).toBe(name));
});
