import { Button, PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { body, client } from '@/api/client';
import { fieldErrors, isApiError } from '@/api/error';
import { useAction } from './useAction';

/** Fields of a change of password, for the first sign-in and for the account page. */
export function usePasswordForm(onDone: () => void) {
  const [values, setValues] = useState({ current_password: '', password: '', password_confirmation: '' });
  const change = useAction({
    run: () => body(client.POST('/api/auth/password', { body: values })),
    done: 'Password changed; all other sessions have ended',
    quiet: true,
    onDone: () => {
      setValues({ current_password: '', password: '', password_confirmation: '' });
      onDone();
    },
  });
  const errors = fieldErrors(change.error);
  const mismatch =
    values.password_confirmation !== '' && values.password_confirmation !== values.password
      ? 'is not the same as the new password'
      : undefined;
  const field = (name: keyof typeof values, label: string, autoComplete: string, description?: string) => (
    <PasswordInput
      label={label}
      description={description}
      autoComplete={autoComplete}
      required
      withAsterisk={false}
      value={values[name]}
      error={errors[name] ?? (name === 'password_confirmation' ? mismatch : undefined)}
      onChange={(e) => {
        const { value } = e.currentTarget;
        setValues((old) => ({ ...old, [name]: value }));
      }}
    />
  );
  const fields = (
    <>
      {field('current_password', 'Current password', 'current-password')}
      {field('password', 'New password', 'new-password', 'At least 12 characters')}
      {field('password_confirmation', 'New password again', 'new-password')}
      <Button type="submit" size="sm" loading={change.isPending} disabled={mismatch !== undefined}>
        Change password
      </Button>
    </>
  );
  const refused = change.error;
  const error =
    refused && Object.keys(errors).length === 0
      ? isApiError(refused)
        ? refused.message
        : 'Something went wrong.'
      : null;
  return { fields, error, submit: () => change.mutate(undefined) };
}
