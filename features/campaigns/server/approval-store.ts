import type { Approval, CampaignBody } from '#features/campaigns/common/campaign.ts'
import type { Material, Reference } from '#features/campaigns/server/content-hash.ts'
import { sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

/** What an approval keeps of the content: what its hash was made of, and who had a hand in it. */
export type ApprovalContent = { body: CampaignBody; references: Reference[]; makers: string[] }

export type ApprovalRow = {
  approval_id: number
  object_key: string
  content_hash: string
  content: ApprovalContent
  previous_body: CampaignBody | null
  summary: string
  owner_org_id: number
  state: Approval['state']
  maker: string
  submitted_at: Date
  checker: string | null
  decided_at: Date | null
  reason: string | null
}

/** Approvals of campaigns, each with the content approved before it. */
export const approvalRows = sql`
  SELECT a.*, (
    SELECT p.content->'body' FROM approval AS p
    WHERE p.object_type = a.object_type AND p.object_key = a.object_key AND p.state = 'approved'
      AND p.approval_id < a.approval_id
    ORDER BY p.approval_id DESC LIMIT 1) AS previous_body
  FROM approval AS a`

export async function insertApproval(
  tx: PgRunner,
  input: {
    key: string
    hash: string
    material: Material
    makers: readonly string[]
    summary: string
    maker: string
    at: Date
  },
): Promise<void> {
  const { body, references, ownerOrgId } = input.material
  await tx.execute(sql`
    INSERT INTO approval (object_type, object_key, content_hash, content, summary, owner_org_id, state, maker, submitted_at)
    VALUES ('campaign', ${input.key}, ${input.hash},
      ${JSON.stringify({ body, references, makers: input.makers })}::jsonb, ${input.summary}, ${ownerOrgId}, 'open',
      ${input.maker}, ${input.at}::timestamptz)`)
}

/** Ends the open approval of a campaign, if there is one, without a decision. */
export async function withdrawApproval(tx: PgRunner, key: string, reason: string, at: Date): Promise<void> {
  await tx.execute(sql`
    UPDATE approval AS a SET state = 'withdrawn', reason = ${reason}, decided_at = ${at}::timestamptz
    WHERE a.object_type = 'campaign' AND a.object_key = ${key} AND a.state = 'open'`)
}

/** The content hash a campaign was last approved with. */
export async function approvedHash(runner: PgRunner, key: string): Promise<string | undefined> {
  const row = await runner.first<{ content_hash: string }>(sql`
    SELECT a.content_hash FROM approval AS a
    WHERE a.object_type = 'campaign' AND a.object_key = ${key} AND a.state = 'approved'
    ORDER BY a.approval_id DESC LIMIT 1`)
  return row?.content_hash
}
