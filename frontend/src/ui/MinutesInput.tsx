import { NumberInput, type NumberInputProps } from '@mantine/core';
import { useState } from 'react';

interface Props extends Omit<NumberInputProps, 'value' | 'onChange' | 'min' | 'max'> {
  seconds: number;
  onSeconds: (seconds: number) => void;
  minSeconds?: number;
  maxSeconds?: number;
}

const secondsOf = (text: string | number): number => Math.round(Number(text) * 60);

/** A duration as people say it, in minutes, of a setting that is kept in seconds. The label names the unit. */
export function MinutesInput({ seconds, onSeconds, minSeconds = 0, maxSeconds, ...input }: Props) {
  // What is typed stays as typed ("0." on the way to "0.5") as long as it means the same.
  const [typed, setTyped] = useState<string | number>(seconds / 60);
  return (
    <NumberInput
      step={5}
      decimalScale={2}
      {...input}
      min={minSeconds / 60}
      max={maxSeconds === undefined ? undefined : maxSeconds / 60}
      value={secondsOf(typed) === seconds ? typed : seconds / 60}
      onChange={(value) => {
        setTyped(value);
        onSeconds(secondsOf(value));
      }}
    />
  );
}
