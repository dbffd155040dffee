import type { Audit } from '#features/audit/server/index.ts'
import type { SegmentSettings } from '#features/segments/common/segment-setting.ts'
import type { Caller } from '#platform/common/access.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

type Row = {
  export_approval_over: number
  two_approvals_over: number
  export_hours: number
  private_hosts: string[]
}

export type SegmentSettingsStore = ReturnType<typeof createSegmentSettings>

/** Limits of exports, approvals and webhooks. */
export function createSegmentSettings({ pg, audit }: { pg: Postgres; audit: Audit }) {
  async function read(runner: PgRunner = pg): Promise<SegmentSettings> {
    const row = await runner.first<Row>(sql`SELECT s.* FROM segment_setting AS s`)
    if (!row) throw new Error('segment_setting lost its row')
    return {
      exportApprovalOver: row.export_approval_over,
      twoApprovalsOver: row.two_approvals_over,
      exportHours: row.export_hours,
      privateHosts: row.private_hosts,
    }
  }

  return {
    read,
    async change(caller: Caller, next: SegmentSettings): Promise<SegmentSettings> {
      await pg.transaction(async (tx) => {
        await tx.execute(sql`SELECT 1 FROM segment_setting AS s FOR UPDATE`)
        const before = await read(tx)
        await tx.execute(sql`
          UPDATE segment_setting SET export_approval_over = ${next.exportApprovalOver},
            two_approvals_over = ${next.twoApprovalsOver}, export_hours = ${next.exportHours},
            private_hosts = ${next.privateHosts}::text[]`)
        await audit.record(tx, {
          actor: caller.username,
          action: 'segment.settings',
          objectType: 'segment_setting',
          objectId: 'segments',
          before,
          after: next,
        })
      })
      return next
    },
  }
}
