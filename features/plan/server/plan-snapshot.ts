import type { PlanSnapshot, SnapshotProperty } from '#features/plan/common/compile-plan.ts'
import type { Definition, PlanMode } from '#features/plan/common/plan.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

type Row = { key: string; state: 'active' | 'deprecated' | 'retired'; published: Definition }

const checkedPart = (property: Definition['properties'][number]): SnapshotProperty => ({
  name: property.name,
  type: property.type,
  required: property.required,
  class: property.class,
  ...(property.values ? { values: property.values } : {}),
  ...(property.pattern === undefined ? {} : { pattern: property.pattern }),
  ...(property.maxLength === undefined ? {} : { maxLength: property.maxLength }),
})

/** Reads what is published, with its revision, in one statement: never half of a change. */
export async function readSnapshot(pg: PgRunner): Promise<PlanSnapshot> {
  const row = await pg.first<{
    revision: number
    events: Row[]
    modes: { source: string; mode: PlanMode }[]
  }>(sql`
    SELECT h.revision,
      coalesce((SELECT jsonb_agg(jsonb_build_object('key', e.key, 'state', e.state, 'published', e.published) ORDER BY e.key)
        FROM plan_event AS e WHERE e.published IS NOT NULL), '[]'::jsonb) AS events,
      coalesce((SELECT jsonb_agg(jsonb_build_object('source', m.source, 'mode', m.mode) ORDER BY m.source)
        FROM plan_source_mode AS m), '[]'::jsonb) AS modes
    FROM plan_head AS h`)
  return {
    revision: row?.revision ?? 0,
    events: (row?.events ?? []).map(({ key, state, published }) => ({
      key,
      state,
      properties: published.properties.map(checkedPart),
    })),
    modes: row?.modes ?? [],
  }
}
