import { describe, expect, it } from 'vitest';
import type { Incident, IncidentDetail } from '@/api/types';
import { alike, ended, notesOf } from './alike';

const incident = (id: number, more: Partial<Incident> = {}) =>
  ({ id, detector: 'service_down', server_id: 1, subject: 'exim', ...more }) as Incident;

describe('incidents alike', () => {
  it('are about the same thing on the same server, five at most, and never the one itself', () => {
    const older = [
      incident(9),
      incident(8, { subject: 'dovecot' }),
      incident(7, { server_id: 2 }),
      incident(6, { detector: 'service_flapping' }),
      ...[5, 4, 3, 2, 1, 0].map((id) => incident(id)),
    ];
    expect(alike(incident(9), older).map(({ id }) => id)).toEqual([5, 4, 3, 2, 1]);
  });

  it('say how long they lasted and who ended them', () => {
    const over = { opened_at: '2026-05-01T00:00:00Z', resolved_at: '2026-05-01T00:24:00Z' };
    expect(ended(incident(1, { ...over, resolved_by: null }))).toBe('over after 24 min by itself');
    expect(ended(incident(1, { ...over, resolved_by: { id: 1, name: 'Admin' } }))).toBe(
      'over after 24 min, resolved by Admin',
    );
    expect(ended(incident(1, { ...over, resolved_at: null }))).toBe('not over');
  });

  it('have the notes of people, and nothing else of their timeline', () => {
    const at = '2026-05-01T00:00:00Z';
    const timeline = [
      { id: 1, at, type: 'opened', actor: 'detector:service_down', actor_name: null, detail: {} },
      { id: 2, at, type: 'note', actor: 'user:2', actor_name: 'Admin', detail: { text: 'Restarted it.' } },
      { id: 3, at, type: 'note', actor: 'user:3', actor_name: null, detail: { text: 'Again.' } },
    ] as IncidentDetail['timeline'];
    expect(notesOf({ timeline })).toEqual([
      { id: 2, by: 'Admin', text: 'Restarted it.' },
      { id: 3, by: 'a deleted account', text: 'Again.' },
    ]);
  });
});
