import { useMediaQuery } from '@mantine/hooks';

/** Below 768 px: cards instead of tables, the menu at the bottom. */
export const usePhone = (): boolean =>
  useMediaQuery('(max-width: 47.99em)', undefined, { getInitialValueInEffect: false }) ?? false;
