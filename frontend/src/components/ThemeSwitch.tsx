import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core';
import { Moon, Sun, SunMoon } from 'lucide-react';

const NEXT = { auto: 'light', light: 'dark', dark: 'auto' } as const;
const ICON = { auto: SunMoon, light: Sun, dark: Moon };

/** Follows the system, light, dark, and around again. */
export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = ICON[colorScheme];
  return (
    <Tooltip label={`Theme: ${colorScheme}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={`Theme: ${colorScheme}`}
        onClick={() => setColorScheme(NEXT[colorScheme])}
      >
        <Icon size={17} />
      </ActionIcon>
    </Tooltip>
  );
}
