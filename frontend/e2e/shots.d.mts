/** One page in one state; what each part means stands in `shots.mjs`. */
export interface Shot {
  name: string;
  path: string;
  as?: string | null;
  world?: 'quiet' | 'empty' | 'large';
  api?: 'held' | 'broken';
  bare?: boolean;
  prepare?: (page: unknown) => Promise<unknown>;
}

export const SHOTS: Shot[];
