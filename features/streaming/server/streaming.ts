import type { z } from 'zod'
import type { Audit } from '#features/audit/server/index.ts'
import type { InternalEvent } from '#features/ingest/server/index.ts'
import { inTurn, type Segments } from '#features/segments/server/index.ts'
import type { RefreshQuery } from '#features/streaming/common/streaming.ts'
import type { MembersAmong } from '#features/streaming/server/find-members.ts'
import { createSending } from '#features/streaming/server/sending.ts'
import { createStreamDefinitions } from '#features/streaming/server/stream-definitions.ts'
import { createStreamLeader } from '#features/streaming/server/stream-leader.ts'
import { createPasses } from '#features/streaming/server/stream-pass.ts'
import { readRefreshes, readStatus } from '#features/streaming/server/stream-status.ts'
import { createStreamTick } from '#features/streaming/server/stream-tick.ts'
import { createRefreshTelling } from '#features/streaming/server/tell-refresh.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type StreamingDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  timeZone: string
  audit: Audit
  segments: Pick<Segments, 'streamWith'>
  rules: { membersAmong: MembersAmong }
  tags: {
    updateCustomers(ids: readonly number[], events: readonly string[] | 'all'): Promise<{ tags: string[] }>
  }
  /** Takes facts; resolves once they are durable. */
  append: (events: readonly InternalEvent[]) => Promise<void>
  log: (error: unknown, message: string) => void
}

export type Streaming = ReturnType<typeof createStreaming>

/** Keeps segments within seconds of what happens, and tells who enters and leaves them, once each. */
export function createStreaming(deps: StreamingDeps) {
  const { pg, ch, clock, timeZone, append, log } = deps
  const definitions = createStreamDefinitions({ pg })
  const passes = createPasses({
    ...{ pg, ch, clock, definitions, append, log },
    membersAmong: deps.rules.membersAmong,
    updateTags: deps.tags.updateCustomers,
  })
  const tick = createStreamTick({ pg, ch, clock, timeZone, definitions })
  const telling = createRefreshTelling({ pg, ch, append })
  const sending = createSending(deps)
  const runOne = () => inTurn(pg, passes.runOne)
  const leader = createStreamLeader({
    ...{ pg, log, runOne, tick: tick.run },
    tellLeft: telling.tellLeft,
    noteError: passes.noteError,
  })
  deps.segments.streamWith({
    begin: tick.begin,
    settle: async () => {
      await passes.resume()
    },
    tick: tick.run,
    eventsOf: async (key) => (await definitions.index()).eventsOf(key),
    tell: telling.tell,
  })

  return {
    /** Streams in this process, or waits until the one that does is gone. */
    start: leader.start,
    stop: leader.stop,
    /** Touches whoever time, runs of tags or attributes have moved since the last look. */
    tick: tick.run,
    /** Does passes until nothing waits; gives how many: for commands and tests that run no leader. */
    async catchUp(): Promise<number> {
      let done = 0
      await telling.tellLeft(0)
      while (await runOne()) done += 1
      return done
    },
    status: (scope: OrgScope) => readStatus({ pg, clock }, scope),
    refreshes: (scope: OrgScope, key: string, query: z.output<typeof RefreshQuery>) =>
      readRefreshes(pg, scope, key, query),
    /** Throws SEGMENT_DRIFTED where a rule stands on a segment nothing may be sent to. */
    checkSendable: sending.check,
    allowSending: sending.allow,
  }
}
