import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/**
 * Takes the next version of identity in the caller's transaction. Whoever changes whose something is waits here for the
 * others: versions are committed in their order, so nobody who has seen one misses an earlier one.
 */
export async function nextIdentityVersion(tx: PgRunner): Promise<number> {
  const row = await tx.first<{ version: number }>(
    sql`UPDATE identity_version AS v SET version = v.version + 1 RETURNING v.version`,
  )
  if (!row) throw new Error('identity_version has lost its row')
  return row.version
}
