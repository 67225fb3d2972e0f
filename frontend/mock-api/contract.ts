import type { paths } from '@/api/schema';
import type { Answer, Input } from '@/api/types';

/**
 * The shape of the mock: one handler for every route and method of the OpenAPI document, taking what the document says
 * is sent and giving what it says is answered. A route added, dropped or changed by the server breaks the compile here.
 */
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface Ask<B = unknown> {
  id: number;
  path: Record<string, string>;
  query: URLSearchParams;
  body: B;
}

type Routed<P extends keyof paths> = {
  [M in Method as paths[P][M] extends { responses: unknown } ? M : never]: (
    ask: Ask<M extends Exclude<Method, 'get' | 'delete'> ? Input<P, M> : unknown>,
  ) => [M extends 'delete' ? never : Answer<P, Exclude<M, 'delete'>>] extends [never]
    ? void
    : Answer<P, Exclude<M, 'delete'>>;
};

/** Not JSON: the mock's server answers these itself. */
type Plumbing =
  | '/api/on-call/schedules/{id}.ics'
  | '/api/openapi.json'
  | '/app/{key}'
  | '/runtime-config.js'
  // Pages and calls of others: no page of the dashboard asks for them.
  | '/ack/{token}'
  | '/hooks/{provider}/{secret}';

export type Handlers = { [P in Exclude<keyof paths, Plumbing>]: Routed<P> };

/** Thrown by a handler: answered as the server's error envelope. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors?: Record<string, string[]>,
    /** Seconds after which to come back. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}
