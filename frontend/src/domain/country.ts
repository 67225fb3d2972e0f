const NAMES = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** `Bangladesh` of `BD`; `null` of what is no country's code. Logs hold whatever an attacker sent. */
export function countryName(code: string | null): string | null {
  if (code === null || !/^[A-Z]{2}$/.test(code)) return null;
  return NAMES.of(code) ?? null;
}
