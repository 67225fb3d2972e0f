/** The mock's time: fixed with NOC_MOCK_NOW, so that screenshots and tests are the same every time. */
const fixed = process.env.NOC_MOCK_NOW ? Date.parse(process.env.NOC_MOCK_NOW) : null;

export const mockNow = (): number => fixed ?? Date.now();

/** A moment so many seconds ago (negative: ahead). */
export const ago = (seconds: number): string => new Date(mockNow() - seconds * 1000).toISOString();

/** Spans in seconds, as `ago` takes them. */
export const MIN = 60;
export const HOUR = 3600;
export const DAY = 86_400;
