import { createTheme, type MantineColorsTuple } from '@mantine/core';

const indigo: MantineColorsTuple = [
  '#eef1fe',
  '#dce1fb',
  '#b9c3f7',
  '#95a4f4',
  '#7788ee',
  '#6074e6',
  '#5266dd',
  '#4257d0',
  '#3648b3',
  '#2b3a92',
];

/** Mantine's dark greys are brownish next to our slate. */
const dark: MantineColorsTuple = [
  '#e7ebf2',
  '#c5cdd9',
  '#aeb8c8',
  '#8a95a8',
  '#3a4557',
  '#262e3c',
  '#191f2a',
  '#141922',
  '#0f131a',
  '#0c0f15',
];

/** Deleting. Its sixth and seventh carry white letters and are letters themselves, at 4.5:1 and more. */
const red: MantineColorsTuple = [
  '#fdecec',
  '#fad4d6',
  '#f5a9ad',
  '#ff8b92',
  '#ea5a64',
  '#da3541',
  '#c81e2c',
  '#b41a27',
  '#98151f',
  '#7d1019',
];

/** It worked. */
const green: MantineColorsTuple = [
  '#e7f6ee',
  '#cdebdb',
  '#9cd8b7',
  '#6bc592',
  '#3fae74',
  '#22935a',
  '#16794a',
  '#12683f',
  '#0d5533',
  '#084226',
];

/** Dense by default: an operator reads many rows, and every control is one step smaller than Mantine's. */
export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 6 },
  colors: { indigo, dark, red, green },
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans Bengali", sans-serif',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 6,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', comboboxProps: { shadow: 'md' } } },
    MultiSelect: { defaultProps: { size: 'sm', comboboxProps: { shadow: 'md' } } },
    TagsInput: { defaultProps: { size: 'sm', comboboxProps: { shadow: 'md' } } },
    Textarea: { defaultProps: { size: 'sm' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Tooltip: { defaultProps: { openDelay: 250, withinPortal: true } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
  },
});
