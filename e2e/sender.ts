const authorization = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`

/** A client that sends numbered events, each batch again until it is acknowledged. */
export function startSending(options: {
  /** Where to send to now; undefined: nobody is there. */
  urls: () => readonly string[]
  key: string
  /** None: until `finish`. */
  mostEvents?: number
  senders?: number
  batchSize?: number
}) {
  const { urls, key, senders = 4, batchSize = 50 } = options
  const acknowledged = new Set<number>()
  const refusals = new Map<number, number>()
  let withoutRetryAfter = 0
  let next = 0
  let most = options.mostEvents ?? Number.POSITIVE_INFINITY

  async function post(numbers: readonly number[]): Promise<boolean> {
    const all = urls()
    const url = all[Math.floor(Math.random() * all.length)]
    if (!url) return false
    const batch = numbers.map((nth) => ({
      ...{ type: 'track', event: 'e', messageId: `m${nth}`, timestamp: '2026-03-01T00:00:00Z' },
      ...(nth % 3 ? { userId: `K${nth % 50}` } : { anonymousId: `d${nth % 70}` }),
      properties: { filling: 'x'.repeat(300) },
    }))
    const response = await fetch(`${url}/v1/batch`, {
      method: 'POST',
      headers: { authorization: authorization(key), 'content-type': 'application/json' },
      body: JSON.stringify({ batch }),
      signal: AbortSignal.timeout(40_000),
    })
    if (response.status !== 200) {
      refusals.set(response.status, (refusals.get(response.status) ?? 0) + 1)
      if (response.status === 503 && !response.headers.get('retry-after')) withoutRetryAfter += 1
      await response.text()
      return false
    }
    const answer = (await response.json()) as { accepted: number; rejected: unknown[] }
    if (answer.accepted !== numbers.length) throw new Error(JSON.stringify(answer.rejected[0]))
    return true
  }

  async function sendOne(numbers: readonly number[]): Promise<void> {
    for (;;) {
      const isDone = await post(numbers).catch(() => false)
      if (isDone) {
        for (const nth of numbers) acknowledged.add(nth)
        return
      }
      await new Promise((again) => setTimeout(again, 50))
    }
  }

  async function send(): Promise<void> {
    while (next < most) {
      const first = next
      next = Math.min(first + batchSize, most)
      await sendOne(Array.from({ length: next - first }, (_, nth) => first + nth))
    }
  }
  const running = Promise.all(Array.from({ length: senders }, send))

  return {
    acknowledged,
    sent: () => next,
    refusals,
    withoutRetryAfter: () => withoutRetryAfter,
    /** Resolves when all events are acknowledged. */
    done: () => running,
    /** Begins nothing new; resolves when all that was begun is acknowledged. */
    async finish() {
      most = next
      await running
    },
  }
}
