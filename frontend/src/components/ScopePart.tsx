import { MultiSelect, SegmentedControl, TagsInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { serverNamesQuery } from '@/api/queries';
import type { ScopeForm } from '@/domain/scope-form';
import css from '@/pages/settings/Settings.module.css';

interface Props {
  form: ScopeForm;
  set: (change: Partial<ScopeForm>) => void;
  /** Under `scope`. */
  errors: Record<string, string>;
}

/** Which servers something is about: all, those with a tag, or these. */
export function ScopePart({ form, set, errors }: Props) {
  const servers = useQuery({ ...serverNamesQuery, enabled: form.scopeKind === 'servers' });
  const names = (servers.data ?? []).map((s) => ({ value: String(s.id), label: s.name }));
  // Until the names have come, and for servers that are gone, the number stands for the name.
  const nameless = form.serverIds
    .map(String)
    .filter((id) => !names.some((name) => name.value === id))
    .map((id) => ({ value: id, label: `server ${id}` }));
  return (
    <fieldset className={css.fieldset}>
      <legend>On which servers</legend>
      <SegmentedControl
        aria-label="Scope"
        data={[
          { value: 'all', label: 'All' },
          { value: 'tags', label: 'By tag' },
          { value: 'servers', label: 'These servers' },
        ]}
        value={form.scopeKind}
        onChange={(kind) => set({ scopeKind: kind as ScopeForm['scopeKind'] })}
      />
      {form.scopeKind === 'tags' && (
        <TagsInput
          label="Servers with one of these tags"
          placeholder="Type one, then Enter"
          value={form.tags}
          error={errors.scope}
          onChange={(tags) => set({ tags })}
          acceptValueOnBlur
        />
      )}
      {form.scopeKind === 'servers' && (
        <MultiSelect
          label="Servers"
          searchable
          limit={50}
          data={[...names, ...nameless]}
          value={form.serverIds.map(String)}
          error={errors.scope}
          onChange={(ids) => set({ serverIds: ids.map(Number) })}
        />
      )}
    </fieldset>
  );
}
