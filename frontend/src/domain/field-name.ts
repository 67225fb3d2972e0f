/**
 * A field's path in the server's envelope as people call it: `steps.0.channels` is `step 1 channels`,
 * `condition.for_seconds` is `for seconds`.
 */
export function fieldName(path: string): string {
  return path
    .replace(/^(settings|condition|recurrence)\./, '')
    .replace(/(\w+?)s?\.(\d+)(?=\.|$)/g, (_, list: string, at: string) => `${list} ${Number(at) + 1}`)
    .replace(/_id$/, '')
    .replace(/[._]/g, ' ');
}
