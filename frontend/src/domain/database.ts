/** `mariadb 10.11.11`, as far as it is known. */
export const databaseVersion = (server: { flavour: string | null; version: string | null }): string | null =>
  [server.flavour, server.version].filter(Boolean).join(' ') || null;
