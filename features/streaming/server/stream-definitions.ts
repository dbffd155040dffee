import type { Rule } from '#features/rules/common/rule.ts'
import { buildIndex, type Definition, type StreamIndex } from '#features/streaming/server/stream-index.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** A streaming segment as it stands when a pass looks at it. */
export type StreamedSegment = {
  key: string
  version: number
  rule: Rule
  /** Members that facts have told of; null: nobody yet. */
  refreshId: number | null
  pendingRefreshId: number | null
  hasRecent: boolean
  /** Set aside: only a refresh under way is told what passes find. */
  isAside: boolean
}

type Row = { key: string; content: unknown; is_streaming: boolean }

/** Definitions that streaming depends on, read again whenever one has changed. */
export function createStreamDefinitions({ pg }: { pg: Postgres }) {
  let known: { stamp: string; index: StreamIndex } | undefined

  /** Changes with every definition, publication and retirement; a few milliseconds for thousands. */
  async function readStamp(): Promise<string> {
    const row = await pg.first<{ stamp: string }>(sql`
      SELECT concat_ws(' ',
        (SELECT concat_ws(':', count(*), sum(hashtextextended(concat_ws(':', t.key, t.version, t.is_streaming), 0)))
          FROM tag AS t WHERE t.state = 'active'),
        (SELECT concat_ws(':', count(*), sum(hashtextextended(concat_ws(':', s.key, s.version, s.refresh_mode), 0)))
          FROM segment AS s WHERE s.state = 'active')) AS stamp`)
    return row?.stamp ?? ''
  }

  async function build(): Promise<StreamIndex> {
    const [tags, segments] = await Promise.all([
      pg.query<Row>(
        sql`SELECT t.key, t.source AS content, t.is_streaming FROM tag AS t WHERE t.state = 'active' ORDER BY t.key`,
      ),
      pg.query<Row>(sql`
        SELECT s.key, s.rule AS content, s.refresh_mode = 'streaming' AS is_streaming FROM segment AS s
        WHERE s.state = 'active' ORDER BY s.key`),
    ])
    const definition = ({ is_streaming, ...row }: Row): Definition => ({ ...row, isStreaming: is_streaming })
    return buildIndex(tags.map(definition), segments.map(definition))
  }

  return {
    /** The index as of now: call it after the touches it is used for were read. */
    async index(): Promise<StreamIndex> {
      const stamp = await readStamp()
      if (known?.stamp !== stamp) known = { stamp, index: await build() }
      return known.index
    },
    /** Where the members of these segments stand now; those never computed and not being computed are left out. */
    async segments(keys: readonly string[]): Promise<StreamedSegment[]> {
      if (keys.length === 0) return []
      const rows = await pg.query<{
        key: string
        version: number
        rule: Rule
        refresh_id: number | null
        pending_refresh_id: number | null
        has_recent: boolean
        is_aside: boolean
      }>(sql`
        SELECT s.key, s.version, s.rule, s.refresh_id, s.pending_refresh_id, s.has_recent,
          s.stream_error IS NOT NULL AS is_aside
        FROM segment AS s
        WHERE s.key = ANY(${keys}::text[]) AND s.state = 'active' AND s.refresh_mode = 'streaming'
          AND (s.pending_refresh_id IS NOT NULL OR (s.refresh_id IS NOT NULL AND s.stream_error IS NULL))
        ORDER BY s.key`)
      return rows.map((row) => ({
        key: row.key,
        version: row.version,
        rule: row.rule,
        refreshId: row.refresh_id,
        pendingRefreshId: row.pending_refresh_id,
        hasRecent: row.has_recent,
        isAside: row.is_aside,
      }))
    },
  }
}

export type StreamDefinitions = ReturnType<typeof createStreamDefinitions>
