import type { MaintenanceWindow, User } from '@/api/types';
import { spansFrom, type Times } from '@/domain/maintenance';
import { ago, DAY, HOUR, MIN, mockNow } from './clock';
import { type Handlers, Refusal } from './contract';
import type { World } from './db';
import { found } from './list';

/** Maintenance windows: two under way, three that come, one that is over. */
type Stored = Omit<MaintenanceWindow, 'under_way' | 'next'>;

const window = (id: number, name: string, more: Partial<Stored>): Stored => ({
  id,
  name,
  reason: '',
  scope: { all: true },
  detectors: [],
  timezone: 'Asia/Dhaka',
  starts_at: ago(60 * DAY),
  ends_at: null,
  recurrence: null,
  created_by: { id: 2, name: 'Day operator' },
  created_at: ago(60 * DAY),
  updated_at: ago(60 * DAY),
  ...more,
});

export const windows = (): Stored[] => [
  window(61, 'Kernel updates', {
    reason: 'New kernel and a reboot each, one after the other.',
    scope: { server_ids: [3, 5] },
    starts_at: ago(34 * MIN + 56),
    ends_at: ago(-(85 * MIN) + 56),
    created_at: ago(3 * HOUR),
  }),
  window(62, 'cPanel updates', {
    scope: { tags: ['cpanel'] },
    detectors: ['service_down'],
    recurrence: { every: 'week', days: ['thu'], start: '12:00', end: '13:30' },
    created_by: { id: 1, name: 'Admin' },
  }),
  window(63, 'Nightly backups', {
    reason: 'Disks are busy while they run.',
    scope: { tags: ['backup', 'dc:dhaka-2'] },
    detectors: ['disk_bytes', 'disk_inodes'],
    recurrence: {
      every: 'week',
      days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      start: '22:30',
      end: '04:00',
    },
  }),
  window(64, 'Table repairs', {
    scope: { tags: ['db'] },
    timezone: 'Europe/Berlin',
    recurrence: { every: 'month', day: 31, start: '03:00', end: '05:00' },
    ends_at: ago(-200 * DAY),
  }),
  window(65, 'Power work in rack 7', {
    reason: 'Announced by the data centre.',
    starts_at: ago(-(19 * HOUR + 25 * MIN) + 56),
    ends_at: ago(-(23 * HOUR + 25 * MIN) + 56),
  }),
  window(66, 'Move to the new switches', {
    scope: { server_ids: [1, 2, 4, 6, 9] },
    starts_at: ago(12 * DAY + 56 + 34 * MIN),
    ends_at: ago(12 * DAY - 4 * HOUR + 56 + 34 * MIN),
    created_by: null,
  }),
];

const SOON = 31 * DAY * 1000;

function shown(stored: Stored): MaintenanceWindow {
  const now = mockNow();
  const [first, second] = spansFrom(stored, now, 2);
  const begun = first !== undefined && Date.parse(first.from) <= now;
  return { ...stored, under_way: begun ? first : null, next: (begun ? second : first) ?? null };
}

const rank = ({ under_way, next, id }: MaintenanceWindow): [number, number] =>
  under_way ? [0, Date.parse(under_way.from)] : next ? [1, Date.parse(next.from)] : [2, -id];

function checked(draft: Times & { name: string }): void {
  const errors: Record<string, string[]> = {};
  if (!draft.name.trim()) errors.name = ['must have 1 to 120 characters, none of them control characters'];
  const length = draft.ends_at === null ? 0 : Date.parse(draft.ends_at) - Date.parse(draft.starts_at);
  if (draft.ends_at === null && !draft.recurrence)
    errors.ends_at = ['is required for a window that does not return'];
  else if (draft.ends_at !== null && length <= 0) errors.ends_at = ['must be after the start'];
  else if (!draft.recurrence && length > SOON) errors.ends_at = ['must be within 31 days of the start'];
  if (Object.keys(errors).length > 0)
    throw new Refusal(422, 'validation_failed', 'The request is not valid.', errors);
}

export const maintenance = (
  w: () => World,
  me: () => User,
  nextId: () => number,
): Pick<Handlers, '/api/maintenance-windows' | '/api/maintenance-windows/{id}'> => ({
  '/api/maintenance-windows': {
    get: () => {
      const data = w()
        .windows.map(shown)
        .sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1]);
      return { data, meta: { next_cursor: null, total: data.length } };
    },
    post: ({ body }) => {
      const { name, reason = '', scope, detectors = [], starts_at } = body;
      const [ends_at, recurrence] = [body.ends_at ?? null, body.recurrence ?? null];
      const timezone = body.timezone ?? 'Asia/Dhaka';
      const draft = { name, reason, scope, detectors, timezone, starts_at, ends_at, recurrence };
      checked(draft);
      const by = { id: me().id, name: me().name };
      const made = window(nextId(), name, {
        ...draft,
        created_by: by,
        created_at: ago(0),
        updated_at: ago(0),
      });
      w().windows.push(made);
      return shown(made);
    },
  },
  '/api/maintenance-windows/{id}': {
    patch: ({ id, body }) => {
      const old = found(w().windows, id);
      const changed = { ...old, ...(body as Partial<Stored>), updated_at: ago(0) };
      checked(changed);
      return shown(Object.assign(old, changed));
    },
    delete: ({ id }) => {
      w().windows = w().windows.filter((known) => known.id !== id);
    },
  },
});
