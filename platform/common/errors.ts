/** What went wrong, in the few ways a caller can react to; HTTP and jobs each map a kind once. */
export type ErrorKind =
  | 'invalid' // 400: the input is not what was asked for
  | 'unauthenticated' // 401
  | 'forbidden' // 403
  | 'missing' // 404
  | 'conflict' // 409: true input, wrong moment
  | 'tooLarge' // 413
  | 'limited' // 429
  | 'unavailable' // 503: try again later

/** One broken field: a JSON path, a stable code, words. */
export type FieldError = { path: string; code: string; message: string }

/** An error with a stable code that callers may rely on; `docs/errors.md` lists every code. */
export class AppError extends Error {
  readonly code: string
  readonly errorKind: ErrorKind
  readonly details: Record<string, unknown>
  readonly errors: readonly FieldError[]

  constructor(
    code: string,
    errorKind: ErrorKind,
    message: string,
    details: Record<string, unknown> = {},
    errors: readonly FieldError[] = [],
  ) {
    super(message)
    this.name = 'AppError'
    this.code = code
    this.errorKind = errorKind
    this.details = details
    this.errors = errors
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the details type is inferred per code from the table
type ErrorTable = Record<string, readonly [ErrorKind, (details: any) => string]>

/** Declares a feature's error table; the result makes errors whose code and details are type-checked. */
export function defineErrors<T extends ErrorTable>(table: T) {
  const make = <C extends keyof T & string>(
    code: C,
    details: Parameters<T[C][1]>[0] extends undefined ? Record<string, never> : Parameters<T[C][1]>[0],
    errors: readonly FieldError[] = [],
  ): AppError => {
    const [kind, message] = table[code] as T[C]
    return new AppError(code, kind, message(details), (details ?? {}) as Record<string, unknown>, errors)
  }
  return Object.assign(make, { table })
}
