import { MantineProvider, TextInput } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import { EditorDrawer } from './EditorDrawer';

function Editor({ blocked = null, onDelete = () => {} }: { blocked?: string | null; onDelete?: () => void }) {
  const [tried, setTried] = useState(false);
  const errors: Record<string, string> = tried ? { email: 'is required' } : {};
  return (
    <MantineProvider env="test">
      <EditorDrawer
        title="Somebody"
        onClose={() => {}}
        blocked={blocked}
        submit="Save"
        onSubmit={() => setTried(true)}
        busy={false}
        errors={errors}
        remove={{
          question: 'Delete Somebody?',
          children: 'For good.',
          confirm: 'Delete account',
          busy: false,
          run: onDelete,
        }}
      >
        <TextInput label="Name" />
        <TextInput label="E-mail" error={errors.email} />
      </EditorDrawer>
    </MantineProvider>
  );
}

test('a refused field is named beside the button and takes the focus, each time', async () => {
  render(<Editor />);
  const save = screen.getByRole('button', { name: 'Save' });
  await userEvent.click(save);
  expect(screen.getByRole('alert').textContent).toContain('Email: is required');
  expect(document.activeElement).toBe(screen.getByLabelText('E-mail'));
  await userEvent.click(save);
  expect(document.activeElement).toBe(screen.getByLabelText('E-mail'));
});

test('typing elsewhere does not lose the focus to a refused field', async () => {
  render(<Editor />);
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  const name = screen.getByLabelText('Name');
  await userEvent.type(name, 'abc');
  expect(document.activeElement).toBe(name);
});

test('deleting asks first', async () => {
  const onDelete = vi.fn();
  render(<Editor onDelete={onDelete} />);
  await userEvent.click(screen.getByRole('button', { name: 'Delete' }));
  expect(onDelete).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole('button', { name: 'Delete account' }));
  expect(onDelete).toHaveBeenCalledOnce();
});

test('who may not change it reads the reason, and cannot type', () => {
  render(<Editor blocked="It needs the operator role." />);
  expect(screen.getByRole('note').textContent).toContain('operator role');
  expect(screen.getByLabelText('Name').closest('fieldset')?.disabled).toBe(true);
  expect(screen.getByRole('button', { name: 'Save' }).getAttribute('aria-disabled')).toBe('true');
});
