import { hintParts } from '@/domain/probe';

/** The agent's advice; what stands in backquotes is to be typed. */
export const HintText = ({ text }: { text: string }) =>
  hintParts(text).map((part, i) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one fixed text
    i % 2 === 1 ? <code key={i}>{part}</code> : part,
  );
