import { Button, MultiSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Search, Tag, X } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import css from './FilterBar.module.css';

/** Search text of a list: typed at once, asked for 250 ms after the last key. */
export function SearchFilter({
  value,
  onChange,
  label,
}: {
  value: string;
  onChange: (text: string) => void;
  label: string;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const send = useDebouncedCallback(onChange, 250);
  return (
    <TextInput
      className={css.search}
      size="xs"
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<Search size={14} />}
      value={text}
      onChange={(e) => {
        setText(e.currentTarget.value);
        send(e.currentTarget.value);
      }}
    />
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  options: readonly T[];
  /** As the list itself calls them, where that is not the key with spaces. */
  words?: Partial<Record<T, string>>;
  value: T[];
  onChange: (value: T[]) => void;
}

/** Several of a fixed set; nothing chosen means all. */
export function ChoiceFilter<T extends string>({ label, options, words, value, onChange }: ChoiceProps<T>) {
  return (
    <MultiSelect
      className={css.choice}
      wrapperProps={{ 'data-chosen': value.length > 0 || undefined }}
      size="xs"
      aria-label={label}
      placeholder={value.length === 0 ? label : undefined}
      data={options.map((o) => ({ value: o, label: words?.[o] ?? o.replaceAll('_', ' ') }))}
      value={value}
      onChange={(next) => onChange(next as T[])}
      clearable
      hidePickedOptions
    />
  );
}

/** One tag, whole: asked for when the field is left or Enter is pressed. */
export function TagFilter({ value, onChange }: { value: string; onChange: (tag: string) => void }) {
  return (
    <TextInput
      className={css.tag}
      size="xs"
      aria-label="Exact tag"
      placeholder="Tag"
      leftSection={<Tag size={13} />}
      defaultValue={value}
      key={value}
      onBlur={(e) => change(e.currentTarget.value)}
      onKeyDown={(e) => e.key === 'Enter' && change(e.currentTarget.value)}
    />
  );

  function change(text: string) {
    if (text.trim() !== value) onChange(text.trim());
  }
}

/** A filter that some link set, and that has no field of its own: what it is, and the way out of it. */
export function FilterChip({ children, onRemove }: { children: ReactNode; onRemove: () => void }) {
  return (
    <Button variant="light" rightSection={<X size={13} aria-label="remove this filter" />} onClick={onRemove}>
      {children}
    </Button>
  );
}
