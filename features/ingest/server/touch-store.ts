import { distinct, type Touched } from '#features/ingest/server/touch-rows.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** Who streams is asked again after so long. */
const flagForMs = 1000
/** Ids of one touch: what a pass of streaming takes at once. */
const mostIds = 10_000

/** The channel that wakes streaming; only a hint. */
export const touchChannel = 'event_touch'

const bytesOf = (ids: Uint32Array): Buffer => Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength)

type Touch = { kind: 'event' | 'any'; name: string; ids: Buffer }

const touchesOf = (kind: Touch['kind'], name: string, ids: Uint32Array): Touch[] =>
  Array.from({ length: Math.ceil(ids.length / mostIds) }, (_, nth) => ({
    kind,
    name,
    ids: bytesOf(ids.subarray(nth * mostIds, (nth + 1) * mostIds)),
  }))

export type Touches = ReturnType<typeof createTouches>

/**
 * Tells streaming of whom something was stored: after the rows are in the warehouse and before their segment goes, so that a
 * crash between the two tells again. Nothing is told while nobody streams. That is asked after storing, at most a second old:
 * a definition made streaming begins with a full refresh at least that much later, and so sees what was stored untold.
 */
export function createTouches(deps: { pg: Postgres }) {
  const { pg } = deps
  let isNeeded = false
  let askedAt = Number.NEGATIVE_INFINITY

  async function ask(): Promise<boolean> {
    const beganAt = performance.now()
    if (beganAt - askedAt < flagForMs) return isNeeded
    const row = await pg.first<{ is_needed: boolean }>(sql`
      SELECT EXISTS (SELECT FROM segment AS s WHERE s.refresh_mode = 'streaming' AND s.state = 'active')
        OR EXISTS (SELECT FROM tag AS t WHERE t.is_streaming AND t.state = 'active') AS is_needed`)
    isNeeded = row?.is_needed ?? false
    askedAt = beganAt
    return isNeeded
  }

  async function write(touches: readonly Touch[]): Promise<void> {
    if (touches.length === 0) return
    await pg.execute(sql`
      WITH written AS (
        INSERT INTO event_touch (kind, name, customer_ids)
        SELECT t.kind, t.name, t.ids FROM unnest(${touches.map((one) => one.kind)}::text[],
          ${touches.map((one) => one.name)}::text[], ${touches.map((one) => one.ids)}::bytea[]) AS t(kind, name, ids)
        RETURNING 1)
      SELECT pg_notify(${touchChannel}, '') FROM (SELECT count(*) FROM written) AS w`)
  }

  return {
    /** Whether anybody streams, as of at most a second ago. */
    isNeeded: ask,
    /** What was stored about these customers. */
    async note(touched: readonly Touched[]): Promise<void> {
      await write(touched.flatMap(({ name, customerIds }) => touchesOf('event', name, customerIds)))
    },
    /** Anything may be different about these customers: they got other rows, or lost some. */
    async noteAny(customerIds: readonly number[]): Promise<void> {
      if (customerIds.length > 0 && (await ask())) await write(touchesOf('any', '', distinct(customerIds)))
    },
  }
}
