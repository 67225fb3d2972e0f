import { MantineProvider } from '@mantine/core';
import { fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { type FormValues, initialValues, settingsToSend, shownFields } from '@/domain/described-form';
import { FormFromDescription } from './FormFromDescription';

const FIELDS = [
  {
    name: 'host',
    label: 'SMTP host',
    kind: 'text',
    secret: false,
    required: true,
    options: [],
    default: null,
    help: 'Without scheme.',
  },
  {
    name: 'password',
    label: 'Password',
    kind: 'password',
    secret: true,
    required: true,
    options: [],
    default: null,
    help: null,
  },
  {
    name: 'verify',
    label: 'Verify',
    kind: 'bool',
    secret: false,
    required: false,
    options: [],
    default: true,
    help: null,
  },
  {
    name: 'shape',
    label: 'A kind from the future',
    kind: 'hologram',
    secret: false,
    required: false,
    options: [],
    default: null,
    help: null,
  },
];

function Form({ stored, errors = {} }: { stored: FormValues; errors?: Record<string, string> }) {
  const [values, setValues] = useState(() => initialValues(FIELDS, stored));
  return (
    <MantineProvider>
      <FormFromDescription
        fields={FIELDS}
        values={values}
        onChange={setValues}
        stored={stored}
        errors={errors}
      />
      <output>{JSON.stringify(settingsToSend(FIELDS, values))}</output>
    </MantineProvider>
  );
}

const sent = () => JSON.parse(screen.getByRole('status').textContent ?? '{}');

describe('FormFromDescription', () => {
  it('draws each field with its label and sends what was typed', () => {
    render(<Form stored={{}} />);
    fireEvent.change(screen.getByLabelText(/SMTP host/), { target: { value: 'mail.example.com' } });
    fireEvent.click(screen.getByLabelText('Verify'));
    expect(sent()).toEqual({ host: 'mail.example.com', verify: false, shape: null });
  });

  it('asks for no secret that is stored, and shows nothing of it', () => {
    render(<Form stored={{ host: 'h', password: null, password_set: true }} />);
    const input = screen.getByLabelText<HTMLInputElement>(/Password/, { selector: 'input' });
    expect(input.required).toBe(false);
    expect(input.value).toBe('');
    expect(input.placeholder).toMatch(/stored/);
  });

  it('shows the server’s message at its field, and a kind it does not know as text', () => {
    render(<Form stored={{}} errors={{ host: 'is required' }} />);
    expect(screen.getByText('is required')).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>('A kind from the future').type).toBe('text');
  });

  it('asks for what another field calls for, that one’s default included, and keeps what it hides', () => {
    const field = (name: string, more = {}) => ({
      name,
      label: name,
      kind: 'text',
      secret: false,
      required: true,
      options: [],
      default: null,
      help: null,
      ...more,
    });
    const fields = [
      field('provider', { default: 'meta' }),
      field('token', { shown_if: { field: 'provider', values: ['meta'] } }),
      field('sid', { shown_if: { field: 'provider', values: ['twilio', 'other'] } }),
      field('both', { shown_if: null }),
    ];
    const names = (values: FormValues) => shownFields(fields, values).map((f) => f.name);
    expect(names({})).toEqual(['provider', 'token', 'both']);
    expect(names({ provider: '' })).toEqual(['provider', 'token', 'both']);
    expect(names({ provider: 'other' })).toEqual(['provider', 'sid', 'both']);
    expect(settingsToSend(fields, { provider: 'other', token: 't', sid: 's', both: 'b' })).toMatchObject({
      token: 't',
    });
  });
});
