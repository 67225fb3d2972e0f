/** A form that the server describes: what its fields start as, and what is sent back. */
export interface FieldDescription {
  name: string;
  label: string;
  kind: string;
  required: boolean;
  options: string[];
  /** Kept by the server, never read back. */
  secret: boolean;
  default?: unknown;
  help?: string | null;
  /** Only asked for while another field has one of these values. */
  shown_if?: { field: string; values: string[] } | null;
}

export type FormValues = Record<string, unknown>;

/** Secrets are never read back; `<name>_set` says whether one is stored. */
export const secretIsSet = (field: FieldDescription, stored: FormValues): boolean =>
  field.secret && stored[`${field.name}_set`] === true;

function typedDefault(field: FieldDescription): unknown {
  const { default: value, kind } = field;
  if (value === null || value === undefined) return kind === 'list' ? [] : kind === 'bool' ? false : null;
  if (kind === 'number') return Number(value);
  if (kind === 'bool') return value === true || value === 'true';
  return value;
}

/** What the inputs show at first: what is stored, else the default. Secrets start empty. */
export const initialValues = (fields: FieldDescription[], stored: FormValues): FormValues =>
  Object.fromEntries(fields.map((f) => [f.name, f.secret ? '' : (stored[f.name] ?? typedDefault(f))]));

/** The fields to ask for, as the others are filled in; an unset one counts as its default. */
export const shownFields = <F extends FieldDescription>(fields: F[], values: FormValues): F[] =>
  fields.filter(({ shown_if: rule }) => {
    if (!rule) return true;
    const value = values[rule.field] || fields.find((f) => f.name === rule.field)?.default;
    return rule.values.includes(String(value ?? ''));
  });

const isUnset = (value: unknown): boolean => value === null || value === undefined || value === '';

/** The `settings` to send: an untouched secret stays out, so that the stored one is kept; empty text is null. */
export function settingsToSend(fields: FieldDescription[], values: FormValues): FormValues {
  const settings: FormValues = {};
  for (const field of fields) {
    const value = values[field.name];
    if (isUnset(value)) {
      if (!field.secret) settings[field.name] = null;
    } else {
      settings[field.name] = typeof value === 'string' && !field.secret ? value.trim() : value;
    }
  }
  return settings;
}
