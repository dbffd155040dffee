import { platformBase64 } from './base64.ts'
import { createClient, type Platform } from './client.ts'
import { fetchHttp } from './http.ts'
import { ZhikeLossError } from './message.ts'
import { memoryStorage } from './storage.ts'
import { createTestClock } from './test-clock.ts'
import type { ZhikeOptions } from './zhike.ts'

/** The core on a clock and ids of its own, and what it reported. */
export function createTestClient(
  options: Partial<ZhikeOptions> & { host: string },
  platform: Partial<Platform> = {},
) {
  const clock = createTestClock()
  const rejections: string[] = []
  const dropped: [number, string][] = []
  const losses: unknown[] = []
  const errors: unknown[] = []
  let ids = 0
  const zhike = createClient(
    {
      writeKey: 'demo',
      now: clock.now,
      scheduler: clock.scheduler,
      newId: () => `id-${++ids}`,
      random: () => 1,
      onRejected: ({ messageId, code }) => void rejections.push(`${messageId} ${code}`),
      onDropped: (count, reason) => void dropped.push([count, reason]),
      onError(error) {
        if (error instanceof ZhikeLossError) losses.push([error.code, error.count])
        else errors.push(error)
      },
      ...options,
    },
    { storage: memoryStorage, http: fetchHttp(), base64: platformBase64, ...platform },
  )
  return { zhike, clock, rejections, dropped, losses, errors }
}
