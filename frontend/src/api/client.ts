import createClient from 'openapi-fetch';
import { apiOrigin } from '@/runtime';
import type { paths } from './schema';
import { transport } from './transport';

/** The generated client. A call answers with typed data; what is not 2xx arrives as `ApiError`. */
export const client = createClient<paths>({
  baseUrl: apiOrigin() || window.location.origin,
  fetch: transport,
});

/** Takes the body out of openapi-fetch's answer; errors were thrown by the transport. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}
