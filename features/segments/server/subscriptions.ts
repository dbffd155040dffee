import { type Approvals, contentHash } from '#features/approvals/server/index.ts'
import type { Audit } from '#features/audit/server/index.ts'
import { segmentError } from '#features/segments/common/segment-errors.ts'
import type {
  CreateSubscription,
  Subscription,
  SubscriptionStepName,
} from '#features/segments/common/segment-subscription.ts'
import type { SegmentFeed } from '#features/segments/server/segment-feed.ts'
import type { SegmentSettingsStore } from '#features/segments/server/segment-settings.ts'
import { findSegment } from '#features/segments/server/segment-store.ts'
import * as store from '#features/segments/server/subscription-store.ts'
import { checkWebhookUrl } from '#features/segments/server/webhook.ts'
import type { Caller, OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { FieldCrypto } from '#platform/server/field-crypto.ts'
import type { PgRunner, Postgres } from '#platform/server/postgres/postgres.ts'

const objectType = 'segment_subscription'

/** What is approved: who is told what, where, and what for. */
type Content = { segment: string; segmentName: string; name: string; url: string | null; purpose: string }

const contentOf = (row: store.SubscriptionRow, segmentName: string): Content => ({
  ...{ segment: row.segment, segmentName, name: row.name, url: row.url, purpose: row.purpose },
})

const steps: {
  readonly [S in SubscriptionStepName]: { from: readonly Subscription['state'][]; to: Subscription['state'] }
} = {
  pause: { from: ['active'], to: 'paused' },
  // What died goes on where it stopped.
  resume: { from: ['paused', 'dead'], to: 'active' },
  end: { from: ['waiting', 'active', 'paused', 'dead'], to: 'ended' },
}

/** Outside systems that are told of who enters and leaves a segment. */
export function createSubscriptions(deps: {
  pg: Postgres
  clock: Clock
  audit: Audit
  approvals: Pick<Approvals, 'define' | 'submit' | 'withdraw'>
  crypto: FieldCrypto
  settings: Pick<SegmentSettingsStore, 'read'>
  feed: SegmentFeed
}) {
  const { pg, clock, audit, approvals, crypto, settings, feed } = deps
  const hashOf = (body: Content, ownerOrgId: number) => contentHash({ body, ownerOrgId, references: [] })

  async function locked(tx: PgRunner, subscriptionId: number): Promise<store.SubscriptionRow> {
    const row = await store.lockSubscription(tx, subscriptionId)
    if (!row) throw segmentError('SUBSCRIPTION_NOT_FOUND', { subscriptionId })
    return row
  }

  async function find(scope: OrgScope, subscriptionId: number): Promise<store.SubscriptionRow> {
    const row = await store.findSubscription(pg, scope, subscriptionId)
    if (!row) throw segmentError('SUBSCRIPTION_NOT_FOUND', { subscriptionId })
    return row
  }

  approvals.define(objectType, {
    nameOf: (body) => `${(body as Content).segmentName} → ${(body as Content).name}`,
    lock: (tx, key) => store.lockSubscription(tx, Number(key)),
    async onDecided(tx, { key }, outcome) {
      const row = await locked(tx, Number(key))
      if (row.state !== 'waiting')
        throw segmentError('SUBSCRIPTION_STATE', { state: row.state, step: outcome })
      const to = outcome === 'approve' ? 'active' : 'rejected'
      // Told of what happens from now on: what happened before nobody had approved.
      const cursor = await feed.end()
      const now = clock.now()
      await store.setSubscription(
        tx,
        row.subscription_id,
        sql`state = ${to}, cursor = ${cursor}, due_at = ${now}::timestamptz`,
        now,
      )
      return { from: 'waiting', to }
    },
  })

  async function create(caller: Caller, key: string, input: CreateSubscription): Promise<Subscription> {
    const segment = await findSegment(pg, key)
    if (!segment) throw segmentError('SEGMENT_NOT_FOUND', { key })
    if (input.url) checkWebhookUrl(input.url, (await settings.read()).privateHosts)
    const secret = input.secret === undefined ? null : crypto.encrypt(input.secret)
    const cursor = await feed.end()
    return pg.transaction(async (tx) => {
      const more = { secret, cursor, maker: caller, now: clock.now() }
      const row = await store.insertSubscription(tx, key, input, more)
      const body = contentOf(row, segment.name)
      await approvals.submit(tx, {
        objectType,
        key: String(row.subscription_id),
        hash: hashOf(body, row.owner_org_id),
        material: { body, ownerOrgId: row.owner_org_id, references: [] },
        makers: [caller.username],
        summary: input.purpose,
        maker: caller.username,
      })
      await audit.record(tx, {
        actor: caller.username,
        action: 'segment.subscribe',
        objectType: 'segment',
        objectId: key,
        after: { subscriptionId: row.subscription_id, ...body },
      })
      return store.describeSubscription(row)
    })
  }

  async function step(caller: Caller, scope: OrgScope, subscriptionId: number, name: SubscriptionStepName) {
    await find(scope, subscriptionId)
    return pg.transaction(async (tx) => {
      const row = await locked(tx, subscriptionId)
      const { from, to } = steps[name]
      if (!from.includes(row.state))
        throw segmentError('SUBSCRIPTION_STATE', { state: row.state, step: name })
      const fresh: Sql = name === 'resume' ? sql`, failures = 0, due_at = ${clock.now()}::timestamptz` : sql``
      // The secret of what has ended is not kept.
      const forget: Sql = name === 'end' ? sql`, secret = NULL, key_version = NULL` : sql``
      await store.setSubscription(tx, subscriptionId, sql`state = ${to}${fresh}${forget}`, clock.now())
      if (row.state === 'waiting')
        await approvals.withdraw(tx, { objectType, key: String(subscriptionId) }, 'Taken back.')
      await audit.record(tx, {
        actor: caller.username,
        action: `segment.subscription.${name}`,
        objectType: 'segment',
        objectId: row.segment,
        before: { subscriptionId, state: row.state },
        after: { subscriptionId, state: to },
      })
      return store.describeSubscription(await locked(tx, subscriptionId))
    })
  }

  return {
    create,
    step,
    async list(scope: OrgScope, key: string): Promise<Subscription[]> {
      return (await store.listSubscriptions(pg, scope, key)).map(store.describeSubscription)
    },
    /** Changes after a place, for an outside system that pulls. */
    async changes(
      scope: OrgScope,
      key: string,
      query: { subscription: number; cursor: string; limit: number },
    ) {
      const row = await find(scope, query.subscription)
      if (row.segment !== key)
        throw segmentError('SUBSCRIPTION_NOT_FOUND', { subscriptionId: query.subscription })
      if (row.state !== 'active')
        throw segmentError('SUBSCRIPTION_STATE', { state: row.state, step: 'changes' })
      const own = await store.scopeOfOrg(pg, row.owner_org_id)
      return feed.read(own, key, { after: query.cursor || row.cursor, limit: query.limit })
    },
  }
}
