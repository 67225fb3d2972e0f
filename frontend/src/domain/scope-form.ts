import type { AlertRule } from '@/api/types';

type Scope = AlertRule['scope'];

/** Which servers something is about, as a form holds it: switching back and forth loses nothing. */
export interface ScopeForm {
  scopeKind: 'all' | 'tags' | 'servers';
  tags: string[];
  serverIds: number[];
}

export const WHOLE_FLEET: ScopeForm = { scopeKind: 'all', tags: [], serverIds: [] };

export function fromScope(scope: Scope): ScopeForm {
  if ('tags' in scope) return { ...WHOLE_FLEET, scopeKind: 'tags', tags: scope.tags };
  if ('server_ids' in scope) return { ...WHOLE_FLEET, scopeKind: 'servers', serverIds: scope.server_ids };
  return WHOLE_FLEET;
}

export function toScope(form: ScopeForm): Scope {
  switch (form.scopeKind) {
    case 'tags':
      return { tags: form.tags };
    case 'servers':
      return { server_ids: form.serverIds };
    case 'all':
      return { all: true };
  }
}

/** What still has to be chosen. */
export function missingScope(form: ScopeForm): Record<string, string> {
  if (form.scopeKind === 'tags' && form.tags.length === 0) return { scope: 'name at least one tag' };
  if (form.scopeKind === 'servers' && form.serverIds.length === 0)
    return { scope: 'choose at least one server' };
  return {};
}
