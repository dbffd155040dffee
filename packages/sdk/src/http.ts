/** One request, as each platform can send it. */
export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body?: string
  /** The request should outlive its page. */
  isKeepalive?: boolean
}

export interface HttpAnswer {
  status: number
  /** The name is in lower case. */
  header(name: string): string | undefined
  text: string
}

/** Sends one request. The answer rejects when there is none, or after `abort`. */
export type SendHttp = (request: HttpRequest) => { answer: Promise<HttpAnswer>; abort(): void }

/** Sends by fetch, which is looked up at each call: tools that replace it come later than the SDK. */
export function fetchHttp(replaced?: typeof fetch): SendHttp {
  return ({ method, url, headers, body, isKeepalive }) => {
    const controller = new AbortController()
    const send = async () => {
      // Cookies stay home: the write key and the token are the only credentials.
      const init = { method, headers, body, keepalive: isKeepalive, credentials: 'omit' as const }
      const response = await (replaced ?? fetch)(url, { ...init, signal: controller.signal })
      const text = await response.text()
      return {
        status: response.status,
        header: (name: string) => response.headers.get(name) ?? undefined,
        text,
      }
    }
    return { answer: send(), abort: () => controller.abort() }
  }
}
