import type { Audit } from '#features/audit/server/index.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import type { AllowSending } from '#features/streaming/common/streaming.ts'
import { streamingError } from '#features/streaming/common/streaming-errors.ts'
import { inputsOf } from '#features/streaming/server/stream-index.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type Named = { key: string; content: unknown; is_sendable: boolean }

/** Segments that a rule names and nothing may be sent to, those in segments and in tags it uses included. */
async function blockedSegments(pg: PgRunner, rule: Rule): Promise<string[]> {
  const asked = new Set<string>()
  const blocked: string[] = []
  let waiting: unknown[] = [rule]
  while (waiting.length > 0) {
    const inputs = waiting.map(inputsOf)
    const fresh = (kind: 'segments' | 'tags') =>
      [...new Set(inputs.flatMap((one) => [...one[kind]]))].filter((key) => !asked.has(`${kind} ${key}`))
    const [segments, tags] = [fresh('segments'), fresh('tags')]
    for (const key of segments) asked.add(`segments ${key}`)
    for (const key of tags) asked.add(`tags ${key}`)
    if (segments.length + tags.length === 0) break
    const found = await pg.query<Named>(sql`
      SELECT s.key, s.rule AS content, s.is_sendable FROM segment AS s
      WHERE s.key = ANY(${segments}::text[]) AND s.state = 'active'
      UNION ALL
      SELECT t.key, t.source AS content, true AS is_sendable FROM tag AS t
      WHERE t.key = ANY(${tags}::text[]) AND t.state = 'active'`)
    blocked.push(...found.filter((one) => !one.is_sendable).map((one) => one.key))
    waiting = found.map((one) => one.content)
  }
  return blocked.sort()
}

/** Guards that nothing is sent to a segment whose drift has passed its limit. */
export function createSending(deps: { pg: Postgres; clock: Clock; audit: Audit }) {
  const { pg, clock, audit } = deps
  return {
    /** Throws SEGMENT_DRIFTED where an audience stands on a segment that nothing may be sent to. */
    async check(rule: Rule): Promise<void> {
      const blocked = await blockedSegments(pg, rule)
      if (blocked.length > 0) throw streamingError('SEGMENT_DRIFTED', { segments: blocked.join(', ') })
    },
    /** Takes a person's word that a blocked segment may be sent to. */
    async allow(caller: Caller, scope: OrgScope, key: string, input: AllowSending) {
      return pg.transaction(async (tx) => {
        const row = await tx.first<{ is_sendable: boolean; owner_org_id: number; drift: number | null }>(sql`
          SELECT s.is_sendable, s.owner_org_id, s.drift FROM segment AS s
          WHERE s.key = ${key} AND s.state = 'active' FOR UPDATE`)
        if (!row) throw segmentError('SEGMENT_NOT_FOUND', { key })
        if (!scope.everyone && !scope.orgIds.includes(row.owner_org_id))
          throw segmentError('SEGMENT_NOT_YOURS', { key })
        if (input.confirm !== key) throw streamingError('SEGMENT_OVERRIDE_UNCONFIRMED', { key })
        if (row.is_sendable) throw streamingError('SEGMENT_NOT_BLOCKED', { key })
        const now = clock.now()
        await tx.execute(sql`UPDATE segment SET is_sendable = true WHERE key = ${key}`)
        await tx.execute(sql`
          UPDATE segment_alarm SET closed_at = ${now}::timestamptz, closed_by = ${caller.username}, reason = ${input.reason}
          WHERE segment = ${key} AND kind = 'drift' AND closed_at IS NULL`)
        await audit.record(tx, {
          actor: caller.username,
          action: 'segment.allowSending',
          objectType: 'segment',
          objectId: key,
          reason: input.reason,
          before: { isSendable: false, drift: row.drift },
          after: { isSendable: true },
        })
        return { key, isSendable: true as const }
      })
    },
  }
}
