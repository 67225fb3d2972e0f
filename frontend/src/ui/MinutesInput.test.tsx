import { MantineProvider } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test } from 'vitest';
import { MinutesInput } from './MinutesInput';

let kept = 0;

function Form({ start }: { start: number }) {
  const [seconds, setSeconds] = useState(start);
  kept = seconds;
  return (
    <MantineProvider env="test">
      <MinutesInput label="Delay" seconds={seconds} onSeconds={setSeconds} />
      <button type="button" onClick={() => setSeconds(600)}>
        Ten
      </button>
    </MantineProvider>
  );
}

test('seconds are shown and typed as minutes, halves too', async () => {
  render(<Form start={900} />);
  const input = screen.getByRole<HTMLInputElement>('textbox', { name: 'Delay' });
  expect(input.value).toBe('15');
  await userEvent.clear(input);
  await userEvent.type(input, '0.5');
  expect(input.value).toBe('0.5');
  expect(kept).toBe(30);
});

test('a change from outside replaces what was typed', async () => {
  render(<Form start={900} />);
  const input = screen.getByRole<HTMLInputElement>('textbox', { name: 'Delay' });
  await userEvent.clear(input);
  await userEvent.type(input, '7');
  await userEvent.click(screen.getByRole('button', { name: 'Ten' }));
  expect(input.value).toBe('10');
});
