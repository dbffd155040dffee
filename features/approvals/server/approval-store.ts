import type { Approval, Reference } from '#features/approvals/common/approval.ts'
import { approvalError } from '#features/approvals/common/approval-errors.ts'
import type { Material } from '#features/approvals/server/content-hash.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** What an approval keeps of the content: what its hash was made of, and who had a hand in it. */
export type ApprovalContent = { body: unknown; references: Reference[]; makers: string[] }

export type ApprovalRow = {
  approval_id: number
  object_type: string
  object_key: string
  content_hash: string
  content: ApprovalContent
  previous_body: unknown
  summary: string
  owner_org_id: number
  state: Approval['state']
  levels: number
  steps: Approval['steps']
  maker: string
  submitted_at: Date
  checker: string | null
  decided_at: Date | null
  reason: string | null
}

/** Approvals, each with the content approved before it and who approved it so far. */
export const approvalRows = sql`
  SELECT a.*, (
    SELECT p.content->'body' FROM approval AS p
    WHERE p.object_type = a.object_type AND p.object_key = a.object_key AND p.state = 'approved'
      AND p.approval_id < a.approval_id
    ORDER BY p.approval_id DESC LIMIT 1) AS previous_body, (
    SELECT coalesce(jsonb_agg(jsonb_build_object('level', s.level, 'checker', s.checker, 'reason', s.reason,
      'at', to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY s.level), '[]')
    FROM approval_step AS s WHERE s.approval_id = a.approval_id) AS steps
  FROM approval AS a`

export type Submission = {
  objectType: string
  key: string
  hash: string
  material: Material
  makers: readonly string[]
  summary: string
  maker: string
  levels?: 1 | 2
}

export async function insertApproval(tx: PgRunner, input: Submission, at: Date): Promise<number> {
  const { body, references, ownerOrgId } = input.material
  const makers = [...new Set([...input.makers, input.maker])]
  const row = await tx.first<{ approval_id: number }>(sql`
    INSERT INTO approval (object_type, object_key, content_hash, content, summary, owner_org_id, state, maker,
      submitted_at, levels)
    VALUES (${input.objectType}, ${input.key}, ${input.hash},
      ${JSON.stringify({ body, references, makers })}::jsonb, ${input.summary}, ${ownerOrgId}, 'open',
      ${input.maker}, ${at}::timestamptz, ${input.levels ?? 1})
    ON CONFLICT (object_type, object_key) WHERE state = 'open' DO NOTHING RETURNING approval_id`)
  if (!row) throw approvalError('APPROVAL_OPEN', { key: input.key })
  return row.approval_id
}

/** Ends the open approval of a thing, if there is one, without a decision. */
export async function withdrawApproval(
  tx: PgRunner,
  object: { objectType: string; key: string },
  reason: string,
  at: Date,
): Promise<void> {
  await tx.execute(sql`
    UPDATE approval AS a SET state = 'withdrawn', reason = ${reason}, decided_at = ${at}::timestamptz
    WHERE a.object_type = ${object.objectType} AND a.object_key = ${object.key} AND a.state = 'open'`)
}

/** The content hash a thing was last approved with. */
export async function approvedHash(
  runner: PgRunner,
  object: { objectType: string; key: string },
): Promise<string | undefined> {
  const row = await runner.first<{ content_hash: string }>(sql`
    SELECT a.content_hash FROM approval AS a
    WHERE a.object_type = ${object.objectType} AND a.object_key = ${object.key} AND a.state = 'approved'
    ORDER BY a.approval_id DESC LIMIT 1`)
  return row?.content_hash
}
