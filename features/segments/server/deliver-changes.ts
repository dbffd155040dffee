import { createHash } from 'node:crypto'
import type { SegmentFeed } from '#features/segments/server/segment-feed.ts'
import type { SegmentSettingsStore } from '#features/segments/server/segment-settings.ts'
import {
  claimDue,
  type SubscriptionRow,
  scopeOfOrg,
  setSubscription,
} from '#features/segments/server/subscription-store.ts'
import { type Delivery, sendWebhook } from '#features/segments/server/webhook.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

const batch = 500
/** Batches on their way at once; a slow receiver holds one of these and nothing else. */
const mostAtOnce = 64
const timeoutMs = 10_000
const claimMs = 60_000
const idleMs = 2000
const tickMs = 1000
/** So many failures in a row, some three hours, and it is dead until someone resumes it. */
export const mostFailures = 14
const longestWaitMs = 3_600_000

/** How long to wait after so many failures in a row. */
export const backoffMs = (failures: number): number =>
  Math.min(longestWaitMs, 1000 * 2 ** Math.max(0, failures - 1))

/** Brings changes to the systems that subscribed: each in its own order, at least once, none waiting for another. */
export function createDelivery(deps: {
  pg: Postgres
  clock: Clock
  crypto: FieldCrypto
  feed: SegmentFeed
  settings: Pick<SegmentSettingsStore, 'read'>
  log: (error: unknown, message: string) => void
}) {
  const { pg, clock, crypto, feed, settings } = deps
  const underway = new Map<number, Promise<void>>()
  let timer: NodeJS.Timeout | undefined

  const free = sql`claimed_until = NULL`
  const dueIn = (ms: number) => sql`due_at = ${new Date(clock.now().getTime() + ms)}::timestamptz`

  async function send(row: SubscriptionRow, items: readonly object[], end: string): Promise<Delivery> {
    if (!row.url || !row.secret || row.key_version === null)
      return { kind: 'failed', status: null, reason: 'it has no address or secret any more' }
    // The same batch has the same id, however often it is sent.
    const id = createHash('sha256')
      .update(`${row.subscription_id}:${row.cursor}:${end}`)
      .digest('hex')
      .slice(0, 32)
    const body = { id, segment: row.segment, subscription: row.subscription_id, cursor: end, changes: items }
    return sendWebhook({
      url: row.url,
      secret: crypto.decrypt(row.secret, row.key_version),
      id,
      timestamp: String(Math.floor(clock.now().getTime() / 1000)),
      body: JSON.stringify(body),
      privateHosts: (await settings.read()).privateHosts,
      timeoutMs,
    })
  }

  async function note(row: SubscriptionRow, outcome: Delivery, end: string, count: number): Promise<void> {
    const now = clock.now()
    if (outcome.kind === 'taken') {
      await setSubscription(
        pg,
        row.subscription_id,
        sql`cursor = ${end}, pending = NULL, failures = 0, last_status = ${outcome.status}, last_error = NULL,
          last_attempt_at = ${now}::timestamptz, last_delivered_at = ${now}::timestamptz,
          delivered_count = delivered_count + ${count}, ${dueIn(0)}, ${free}`,
        now,
      )
      return
    }
    const failures = row.failures + 1
    await setSubscription(
      pg,
      row.subscription_id,
      sql`failures = ${failures}, last_status = ${outcome.status}, last_error = ${outcome.reason.slice(0, 500)},
        last_attempt_at = ${now}::timestamptz, ${dueIn(backoffMs(failures))}, ${free},
        state = CASE WHEN state = 'active' AND ${failures >= mostFailures} THEN 'dead' ELSE state END`,
      now,
    )
  }

  async function deliver(row: SubscriptionRow): Promise<void> {
    const scope = await scopeOfOrg(pg, row.owner_org_id)
    const upTo = row.pending ?? undefined
    const { items, nextCursor } = await feed.read(scope, row.segment, {
      after: row.cursor,
      upTo,
      limit: batch,
    })
    if (nextCursor === row.cursor) {
      await setSubscription(pg, row.subscription_id, sql`${dueIn(idleMs)}, ${free}`, clock.now())
    } else if (items.length === 0) {
      // Nobody in scope: there is nothing to tell.
      await setSubscription(
        pg,
        row.subscription_id,
        sql`cursor = ${nextCursor}, pending = NULL, ${dueIn(0)}, ${free}`,
        clock.now(),
      )
    } else {
      await setSubscription(pg, row.subscription_id, sql`pending = ${nextCursor}`, clock.now())
      await note(row, await send(row, items, nextCursor), nextCursor, items.length)
    }
  }

  /** Begins whatever is due and not under way; does not wait for any receiver. */
  async function begin(): Promise<void> {
    const room = mostAtOnce - underway.size
    if (room <= 0) return
    for (const row of await claimDue(pg, clock.now(), claimMs, room)) {
      const work = deliver(row)
        .catch((error) => deps.log(error, `changes of segment ${row.segment} could not be delivered`))
        .finally(() => underway.delete(row.subscription_id))
      underway.set(row.subscription_id, work)
    }
  }

  async function tick(): Promise<void> {
    await feed.pass()
    await begin()
  }

  return {
    tick,
    /** Resolves once everything under way has been answered or given up. */
    settled: async (): Promise<void> => {
      await Promise.all(underway.values())
    },
    start(): void {
      const run = () => {
        tick()
          .catch((error) => deps.log(error, 'changes of segments could not be read'))
          .finally(() => {
            if (timer) timer = setTimeout(run, tickMs)
          })
      }
      timer = setTimeout(run, tickMs)
    },
    async stop(): Promise<void> {
      clearTimeout(timer)
      timer = undefined
      await Promise.all(underway.values())
    },
  }
}
