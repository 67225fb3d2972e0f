import { NumberInput, PasswordInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { type FieldDescription, type FormValues, secretIsSet, shownFields } from '@/domain/described-form';

interface Props {
  fields: FieldDescription[];
  values: FormValues;
  onChange: (values: FormValues) => void;
  /** What the server holds; tells which secrets are stored. */
  stored: FormValues;
  /** First message by field name. */
  errors: Record<string, string>;
  readOnly?: boolean;
}

/** A settings form drawn from the server's description: a new channel brings its form with it. */
export function FormFromDescription({ fields, values, onChange, stored, errors, readOnly }: Props) {
  return shownFields(fields, values).map((field) => {
    const set = (value: unknown) => onChange({ ...values, [field.name]: value });
    const value = values[field.name];
    const text = typeof value === 'string' ? value : '';
    const common = {
      label: field.label,
      description: field.help ?? undefined,
      required: field.required,
      error: errors[field.name],
      readOnly,
      placeholder: field.default === null || field.default === undefined ? undefined : String(field.default),
    };
    const name = field.name;
    switch (field.kind) {
      case 'bool':
        return (
          <Switch
            key={name}
            label={field.label}
            description={common.description}
            error={common.error}
            disabled={readOnly}
            checked={value === true}
            onChange={(e) => set(e.currentTarget.checked)}
          />
        );
      case 'number':
        return (
          <NumberInput
            key={name}
            {...common}
            value={typeof value === 'number' ? value : ''}
            onChange={(v) => set(v === '' ? null : Number(v))}
            allowDecimal={false}
            thousandSeparator={false}
          />
        );
      case 'select':
        return (
          <Select
            key={name}
            {...common}
            data={field.options}
            value={text || null}
            onChange={(v) => set(v)}
            allowDeselect={!field.required}
          />
        );
      case 'list':
        return (
          <TagsInput
            key={name}
            {...common}
            placeholder="Type one, then Enter"
            value={Array.isArray(value) ? value.map(String) : []}
            onChange={set}
            splitChars={[',', ' ', ';']}
            acceptValueOnBlur
          />
        );
      case 'password':
        return (
          <PasswordInput
            key={name}
            {...common}
            required={field.required && !secretIsSet(field, stored)}
            placeholder={secretIsSet(field, stored) ? 'stored – leave empty to keep it' : undefined}
            autoComplete="new-password"
            value={text}
            onChange={(e) => set(e.currentTarget.value)}
          />
        );
      case 'multiline':
        return (
          <Textarea
            key={name}
            {...common}
            autosize
            minRows={2}
            maxRows={10}
            value={text}
            onChange={(e) => set(e.currentTarget.value)}
          />
        );
      default:
        return <TextInput key={name} {...common} value={text} onChange={(e) => set(e.currentTarget.value)} />;
    }
  });
}
