import type { Problem } from '#platform/common/http.ts'

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>
export type FieldProblem = NonNullable<Problem['errors']>[number]

/** An answer that is not a success: the stable code of the problem document, its words and its fields. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly errors: readonly FieldProblem[]

  constructor(status: number, code: string, detail: string, errors: readonly FieldProblem[] = []) {
    super(detail)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.errors = errors
  }
}

/** The path with its query; empty values are left out, lists repeat the name. */
export function urlOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) {
      if (one !== undefined && one !== null && one !== '') search.append(name, String(one))
    }
  }
  const text = search.toString()
  return text ? `${path}?${text}` : path
}

/** Builds a path from a template: every value is escaped, so that a key can't leave its place. */
export const pathOf = (strings: TemplateStringsArray, ...values: (string | number)[]): string =>
  strings.reduce((path, part, index) => path + encodeURIComponent(String(values[index - 1])) + part)

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const problem = (await response.json()) as Partial<Problem>
    return new ApiError(response.status, problem.code ?? 'UNREADABLE', problem.detail ?? '', problem.errors)
  } catch {
    return new ApiError(response.status, 'UNREADABLE', response.statusText)
  }
}

/** A file sent as it is. */
class FileBody {
  readonly file: Blob
  readonly type: string
  constructor(file: Blob, type: string) {
    this.file = file
    this.type = type
  }
}

/** The JSON client of the pages: the session cookie travels by itself, the CSRF token with every write. */
function createApi(fetchJson: (url: string, init: RequestInit) => Promise<Response>) {
  let csrfToken = ''
  let onSignedOut = () => {}

  async function send<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' }
    const isFile = body instanceof FileBody
    if (body !== undefined) headers['content-type'] = isFile ? body.type : 'application/json'
    if (method !== 'GET' && csrfToken) headers['x-csrf-token'] = csrfToken
    let response: Response
    try {
      const sent = isFile ? body.file : body === undefined ? undefined : JSON.stringify(body)
      response = await fetchJson(url, { method, headers, body: sent, signal, credentials: 'same-origin' })
    } catch (error) {
      if (signal?.aborted) throw error
      throw new ApiError(0, 'UNREACHABLE', 'The server cannot be reached.')
    }
    if (!response.ok) {
      const error = await errorOf(response)
      if (error.code === 'NOT_SIGNED_IN') onSignedOut()
      throw error
    }
    return (response.status === 204 ? undefined : await response.json()) as T
  }

  return {
    get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
      send<T>('GET', urlOf(path, query), undefined, signal),
    post: <T>(path: string, body?: unknown, signal?: AbortSignal) => send<T>('POST', path, body, signal),
    put: <T>(path: string, body: unknown) => send<T>('PUT', path, body),
    patch: <T>(path: string, body: unknown) => send<T>('PATCH', path, body),
    /** Sends a file as the body, streamed by the browser. */
    upload: <T>(method: 'POST' | 'PUT', path: string, file: Blob, type: string) =>
      send<T>(method, path, new FileBody(file, type)),
    delete: <T>(path: string, body?: unknown) => send<T>('DELETE', path, body),
    /** The token of this session; every later write carries it. */
    setCsrfToken: (token: string) => {
      csrfToken = token
    },
    /** Called when the server no longer knows the session. */
    whenSignedOut: (listener: () => void) => {
      onSignedOut = listener
    },
  }
}

export type Api = ReturnType<typeof createApi>
export const api: Api = createApi((url, init) => fetch(url, init))
