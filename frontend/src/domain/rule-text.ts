import type { AlertRule } from '@/api/types';
import { spokenSeconds } from './duration';

/** A rule's condition and scope as an operator would say them. */
export function conditionText({ condition: c }: Pick<AlertRule, 'condition'>): string {
  switch (c.type) {
    case 'threshold': {
      const clear =
        c.clear_threshold === null || c.clear_threshold === undefined ? '' : `, over at ${c.clear_threshold}`;
      return `${c.metric} ${c.comparator} ${c.threshold} for ${spokenSeconds(c.for_seconds)}${clear}`;
    }
    case 'baseline':
      return `${c.metric} over ${c.factor} × its baseline for ${spokenSeconds(c.for_seconds)}, never below ${c.min_value}`;
    case 'detector':
      return c.detector === '*' ? 'every built-in detector' : `detector ${c.detector}`;
  }
}

export function scopeText({ scope }: Pick<AlertRule, 'scope'>): string {
  if ('tags' in scope) return `tags ${scope.tags.join(', ')}`;
  if ('server_ids' in scope)
    return `${scope.server_ids.length} ${scope.server_ids.length === 1 ? 'server' : 'servers'}`;
  return 'all servers';
}
