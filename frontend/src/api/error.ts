/** The server's one error envelope, as an exception. `status` 0 means that no answer came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Messages by field path (`settings.host`, `steps.0.channels`) of a 422. */
    readonly fields: Record<string, string[]> = {},
    /** Seconds after which the server asks to try again (429, 423, 503). */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  get isOffline(): boolean {
    return this.status === 0;
  }

  /** Worth asking again by itself: no answer, or a server that says it is busy. */
  get isRetryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const isApiError = (error: unknown): error is ApiError => error instanceof ApiError;

/** First message of every field, for inputs that show one line. */
export const fieldErrors = (error: unknown): Record<string, string> =>
  isApiError(error)
    ? Object.fromEntries(Object.entries(error.fields).map(([name, all]) => [name, all[0] ?? 'is invalid']))
    : {};

export async function readError(response: Response): Promise<ApiError> {
  const retry = Number(response.headers.get('Retry-After'));
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const envelope = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  return new ApiError(
    response.status,
    typeof envelope.error === 'string' ? envelope.error : `http_${response.status}`,
    typeof envelope.message === 'string' ? envelope.message : `The server answered ${response.status}.`,
    (envelope.errors as Record<string, string[]> | undefined) ?? {},
    Number.isFinite(retry) && retry > 0 ? retry : null,
  );
}
