import { randomUUID } from 'node:crypto'
import type { InternalEvent } from '#features/ingest/server/index.ts'
import { raiseAlarm } from '#features/segments/server/index.ts'
import { factOf } from '#features/streaming/server/facts.ts'
import { findMembers, type MembersAmong } from '#features/streaming/server/find-members.ts'
import { readLiveMembers } from '#features/streaming/server/live-members.ts'
import * as store from '#features/streaming/server/pass-store.ts'
import type { StreamDefinitions, StreamedSegment } from '#features/streaming/server/stream-definitions.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type PassDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  definitions: StreamDefinitions
  append: (events: readonly InternalEvent[]) => Promise<void>
  membersAmong: MembersAmong
  updateTags: (
    customerIds: readonly number[],
    events: readonly string[] | 'all',
  ) => Promise<{ tags: string[] }>
  log: (error: unknown, message: string) => void
}

/** Facts of one group commit. */
const mostFacts = 5_000

type Evaluated = { segment: StreamedSegment; members: Set<number> }

/**
 * One pass: takes what was touched, finds who goes in or out, writes that down, tells it as facts, then makes it the members.
 * Each step stands in PostgreSQL before the next begins: a pass that was cut off anywhere is taken over and ends with the same
 * facts under the same ids.
 */
export function createPasses(deps: PassDeps) {
  const { pg, ch, clock, definitions, log } = deps
  const holder = randomUUID()

  /** Updates streaming tags; gives those that changed, or undefined where that can't be known any more. */
  async function updateTags(pass: store.Pass, touched: store.TakenTouches): Promise<string[] | undefined> {
    const index = await definitions.index()
    const update = index.tagUpdate(touched)
    if (update === 'none') return []
    try {
      const events = update === 'all' ? 'all' : [...touched.events]
      const { tags } = await deps.updateTags(touched.customerIds, events)
      // What an earlier try has changed doesn't change again.
      return pass.attempt > 1 ? undefined : tags
    } catch (error) {
      log(error, 'streaming tags could not be updated; segments go on with the values there are')
      await noteError(error)
      return undefined
    }
  }

  const noteError = (error: unknown): Promise<number> =>
    pg.execute(sql`
      UPDATE stream_state SET last_error = ${String((error as Error)?.message ?? error).slice(0, 500)},
        last_error_at = ${clock.now()}::timestamptz`)

  async function setAside(broken: ReadonlyMap<string, string>): Promise<void> {
    const now = clock.now()
    for (const [key, reason] of broken) {
      await pg.transaction(async (tx) => {
        await tx.execute(sql`
          UPDATE segment SET stream_error = ${reason}, stream_failed_at = ${now}::timestamptz, is_live_streamed = false
          WHERE key = ${key}`)
        await raiseAlarm(tx, [key], 'set_aside', reason, now)
      })
      log(undefined, `the segment ${key} was set aside by streaming: ${reason}`)
    }
  }

  async function evaluate(pass: store.Pass, touched: store.TakenTouches): Promise<Evaluated[]> {
    const changed = await updateTags(pass, touched)
    const index = await definitions.index()
    const segments = await definitions.segments([...index.segmentsOf(touched, changed)])
    const { members, broken } = await findMembers(deps.membersAmong, segments, touched.customerIds)
    if (broken.size > 0) await setAside(broken)
    return segments
      .filter((segment) => !broken.has(segment.key))
      .map((segment) => ({ segment, members: new Set(members.get(segment.key) ?? []) }))
  }

  async function findTransitions(
    evaluated: readonly Evaluated[],
    customerIds: readonly number[],
  ): Promise<store.Transition[]> {
    const told = evaluated.filter(({ segment }) => segment.refreshId !== null && !segment.isAside)
    const live = await readLiveMembers(
      ch,
      told.map(({ segment }) => segment),
      customerIds,
    )
    return told.flatMap(({ segment: { key, version, refreshId }, members }) => {
      const was = live.get(key) ?? new Set()
      const transition = (customerId: number, isMember: boolean): store.Transition => ({
        segment: key,
        version,
        refreshId: refreshId ?? 0,
        customerId,
        isMember,
      })
      const entered = [...members].filter((id) => !was.has(id)).map((id) => transition(id, true))
      return [...entered, ...[...was].filter((id) => !members.has(id)).map((id) => transition(id, false))]
    })
  }

  type RecentRow = { segment: string; refreshId: number; customerId: number; isMember: boolean }

  async function writeRecent(pass: store.Pass, at: Date, rows: readonly RecentRow[]): Promise<void> {
    if (rows.length === 0) return
    const moment = at.toISOString().replace('T', ' ').replace('Z', '')
    await ch.insertRows(
      'segment_recent',
      rows.map((row) => ({
        segment: row.segment,
        refresh_id: row.refreshId,
        customer_id: row.customerId,
        is_member: row.isMember ? 1 : 0,
        turn: pass.pass,
        at: moment,
        ver: pass.pass * 256 + Math.min(pass.attempt, 255),
      })),
      { lane: 'load' },
    )
  }

  /** A refresh under way is told everything this pass found: its scan may have seen less. */
  const writePending = (pass: store.Pass, evaluated: readonly Evaluated[], customerIds: readonly number[]) =>
    writeRecent(
      pass,
      clock.now(),
      evaluated.flatMap(({ segment: { key, pendingRefreshId }, members }) =>
        pendingRefreshId === null
          ? []
          : customerIds.map((customerId) => ({
              segment: key,
              refreshId: pendingRefreshId,
              customerId,
              isMember: members.has(customerId),
            })),
      ),
    )

  async function decide(pass: store.Pass, touched: store.TakenTouches): Promise<store.Pass> {
    const evaluated = await evaluate(pass, touched)
    await writePending(pass, evaluated, touched.customerIds)
    const transitions = await findTransitions(evaluated, touched.customerIds)
    const decidedAt = clock.now()
    await store.decidePass(pg, pass, transitions, decidedAt)
    return { ...pass, state: 'decided', decidedAt }
  }

  async function tell(pass: store.Pass, transitions: readonly store.Transition[]): Promise<void> {
    const at = pass.decidedAt ?? pass.startedAt
    for (let from = 0; from < transitions.length; from += mostFacts) {
      const some = transitions.slice(from, from + mostFacts)
      await deps.append(some.map((one) => factOf({ ...one, pass: pass.pass, at })))
    }
    await writeRecent(pass, at, transitions)
  }

  async function finish(pass: store.Pass, touched: store.TakenTouches, beganAt: number): Promise<void> {
    const transitions = await store.readTransitions(pg, pass.pass)
    await tell(pass, transitions)
    const entered = transitions.filter((one) => one.isMember).length
    const now = clock.now()
    const lagMs = touched.oldestAt && Math.max(0, Date.now() - touched.oldestAt.getTime())
    const summary = {
      customers: touched.customerIds.length,
      entered,
      left: transitions.length - entered,
      ms: performance.now() - beganAt,
      lagMs,
    }
    await store.endPass(pg, pass, summary, now)
  }

  async function run(pass: store.Pass, beganAt: number): Promise<void> {
    const touched = await store.readTouches(pg, pass.batches)
    const decided = pass.state === 'taken' ? await decide(pass, touched) : pass
    await finish(decided, touched, beganAt)
  }

  /** Ends a pass that was cut off; false: there is none. Call it in turn. */
  async function resume(): Promise<boolean> {
    const left = await store.takeOver(pg, holder)
    if (left) await run(left, performance.now())
    return left !== undefined
  }

  return {
    resume,
    /** Does the next pass, or the one that was cut off; false: nothing waits. Call it in turn. */
    async runOne(): Promise<boolean> {
      const beganAt = performance.now()
      if (await resume()) return true
      const batches = await store.chooseTouches(pg, definitions.index)
      if (batches.length === 0) return false
      await run(await store.beginPass(pg, batches, holder, clock.now()), beganAt)
      return true
    },
    noteError,
  }
}

export type Passes = ReturnType<typeof createPasses>
