import type { AlertRule, Catalogue } from '@/api/types';
import { spokenSeconds } from './duration';

type Metrics = Catalogue['metrics'];

const SIGN: Record<string, string> = {
  percent: ' %',
  bytes: ' B',
  bytes_per_s: ' B/s',
  per_s: ' /s',
  s: ' s',
};

/** A rule's condition and scope as an operator would say them. `metrics` says what the numbers count. */
export function conditionText({ condition: c }: Pick<AlertRule, 'condition'>, metrics: Metrics = []): string {
  const unit =
    c.type === 'detector' ? '' : (SIGN[metrics.find((m) => m.name === c.metric)?.unit ?? ''] ?? '');
  switch (c.type) {
    case 'threshold': {
      const clear =
        c.clear_threshold === null || c.clear_threshold === undefined
          ? ''
          : `, over at ${c.clear_threshold}${unit}`;
      return `${c.metric} ${c.comparator} ${c.threshold}${unit} for ${spokenSeconds(c.for_seconds)}${clear}`;
    }
    case 'baseline':
      return `${c.metric} over ${c.factor} × its baseline for ${spokenSeconds(c.for_seconds)}, never below ${c.min_value}${unit}`;
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
