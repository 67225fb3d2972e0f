import { data, type Params } from 'react-router';

/** The id in a page's address; whatever cannot be one has no page, which the routes' error page says. */
export function idOf({ id = '' }: Params<'id'>): number {
  if (!/^[1-9]\d{0,14}$/.test(id)) throw data(null, { status: 404 });
  return Number(id);
}
