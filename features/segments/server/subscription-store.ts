import type { CreateSubscription, Subscription } from '#features/segments/common/segment-subscription.ts'
import { type OrgScope, scopeOfEveryone } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { PgRunner } from '#platform/server/postgres/postgres.ts'

export type SubscriptionRow = {
  subscription_id: number
  segment: string
  name: string
  url: string | null
  secret: Buffer | null
  key_version: number | null
  purpose: string
  state: Subscription['state']
  cursor: string
  pending: string | null
  failures: number
  last_status: number | null
  last_error: string | null
  last_attempt_at: Date | null
  last_delivered_at: Date | null
  delivered_count: number
  created_by: string
  owner_org_id: number
  created_at: Date
}

export const describeSubscription = (row: SubscriptionRow): Subscription => ({
  subscriptionId: row.subscription_id,
  segment: row.segment,
  name: row.name,
  url: row.url,
  purpose: row.purpose,
  state: row.state,
  failures: row.failures,
  lastStatus: row.last_status,
  lastError: row.last_error,
  lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
  lastDeliveredAt: row.last_delivered_at?.toISOString() ?? null,
  deliveredCount: Number(row.delivered_count),
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
})

export async function insertSubscription(
  tx: PgRunner,
  segment: string,
  input: CreateSubscription,
  more: {
    secret: { cipher: Buffer; keyVersion: number } | null
    cursor: string
    maker: { username: string; homeOrgId: number }
    now: Date
  },
): Promise<SubscriptionRow> {
  const { secret, cursor, maker, now } = more
  const row = await tx.first<SubscriptionRow>(sql`
    INSERT INTO segment_subscription AS s (segment, name, url, secret, key_version, purpose, state, cursor, due_at,
      created_by, owner_org_id, created_at, updated_at)
    VALUES (${segment}, ${input.name}, ${input.url ?? null}, ${secret?.cipher ?? null}, ${secret?.keyVersion ?? null},
      ${input.purpose}, 'waiting', ${cursor}, ${now}::timestamptz, ${maker.username}, ${maker.homeOrgId},
      ${now}::timestamptz, ${now}::timestamptz)
    RETURNING s.*`)
  if (!row) throw new Error('a subscription was not written')
  return row
}

const visible = (scope: OrgScope): Sql =>
  scope.everyone ? sql`true` : sql`s.owner_org_id = ANY(${[...scope.orgIds]}::int[])`

export const findSubscription = (
  pg: PgRunner,
  scope: OrgScope,
  subscriptionId: number,
): Promise<SubscriptionRow | undefined> =>
  pg.first<SubscriptionRow>(sql`
    SELECT s.* FROM segment_subscription AS s WHERE s.subscription_id = ${subscriptionId} AND ${visible(scope)}`)

export const lockSubscription = (
  tx: PgRunner,
  subscriptionId: number,
): Promise<SubscriptionRow | undefined> =>
  tx.first<SubscriptionRow>(sql`
    SELECT s.* FROM segment_subscription AS s WHERE s.subscription_id = ${subscriptionId} FOR UPDATE`)

export const listSubscriptions = (pg: PgRunner, scope: OrgScope, key: string): Promise<SubscriptionRow[]> =>
  pg.query<SubscriptionRow>(sql`
    SELECT s.* FROM segment_subscription AS s WHERE s.segment = ${key} AND ${visible(scope)}
    ORDER BY s.subscription_id DESC LIMIT 200`)

export const setSubscription = (
  tx: PgRunner,
  subscriptionId: number,
  change: Sql,
  now: Date,
): Promise<number> =>
  tx.execute(sql`
    UPDATE segment_subscription SET ${change}, updated_at = ${now}::timestamptz WHERE subscription_id = ${subscriptionId}`)

/** Takes due subscriptions for this process; they are free again after `forMs` if it dies. */
export const claimDue = (pg: PgRunner, now: Date, forMs: number, limit: number): Promise<SubscriptionRow[]> =>
  pg.query<SubscriptionRow>(sql`
    UPDATE segment_subscription AS s SET claimed_until = ${new Date(now.getTime() + forMs)}::timestamptz
    WHERE s.subscription_id IN (
      SELECT d.subscription_id FROM segment_subscription AS d
      WHERE d.state = 'active' AND d.url IS NOT NULL AND d.due_at <= ${now}::timestamptz
        AND (d.claimed_until IS NULL OR d.claimed_until <= ${now}::timestamptz)
      ORDER BY d.due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING s.*`)

/** The scope of an org unit as it is now: its customers and those of all units below. */
export async function scopeOfOrg(pg: PgRunner, orgId: number): Promise<OrgScope> {
  const unit = await pg.first<{ is_root: boolean; below: number[] }>(sql`
    SELECT u.parent_id IS NULL AS is_root,
      ARRAY(SELECT b.org_id FROM org_unit_version AS b
            WHERE b.valid_to IS NULL AND b.path @> ARRAY[u.org_id]::int[]) AS below
    FROM org_unit_current AS u WHERE u.org_id = ${orgId}`)
  if (unit?.is_root) return scopeOfEveryone
  return { everyone: false, orgIds: unit?.below ?? [], rmStaffId: null }
}
