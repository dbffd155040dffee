import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type CampaignUse = { type: 'campaign'; key: string; name: string }

const usePaths = {
  tag: '$.audience.**.tag ? (@ == $key)',
  segment: '$.audience.**.segment ? (@ == $key)',
  event: '$.** ? (@.did == $key || @.event == $key)',
  list: '$.audience.**.list ? (@ == $key)',
} as const

/** Keys of all tags the audience of a campaign not yet closed names. */
export async function usedTags(pg: Postgres): Promise<string[]> {
  const rows = await pg.query<{ key: string }>(sql`
    SELECT DISTINCT p #>> '{}' AS key FROM campaign AS c, jsonb_path_query(c.body, '$.audience.**.tag') AS p
    WHERE NOT c.is_imported AND c.state <> 'closed'`)
  return rows.map((row) => row.key)
}

/** Campaigns not yet closed whose audience names this tag or segment itself, or whose audience or objective names this event. */
export function createCampaignUses(deps: { pg: Postgres }) {
  return async (kind: keyof typeof usePaths, key: string): Promise<CampaignUse[]> => {
    const rows = await deps.pg.query<{ key: string; name: string }>(sql`
      SELECT c.key, c.name FROM campaign AS c
      WHERE NOT c.is_imported AND c.state <> 'closed'
        AND jsonb_path_exists(c.body, ${usePaths[kind]}::jsonpath, jsonb_build_object('key', ${key}::text))
      ORDER BY c.key`)
    return rows.map((row) => ({ type: 'campaign', ...row }))
  }
}
