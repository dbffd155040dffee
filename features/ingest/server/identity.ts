import type { Audit } from '#features/audit/server/index.ts'
import { customerError } from '#features/customers/common/customer-errors.ts'
import type { CustomerIdentities } from '#features/customers/common/customer-identities.ts'
import { type CustomerRef, type Customers, moveHoldings } from '#features/customers/server/index.ts'
import type { BindingStore } from '#features/ingest/server/binding-store.ts'
import { createIdentityLinking } from '#features/ingest/server/identity-linking.ts'
import { createIdentityLoading } from '#features/ingest/server/identity-loading.ts'
import { createIdentityReads } from '#features/ingest/server/identity-reads.ts'
import { createRehome } from '#features/ingest/server/identity-rehome.ts'
import { createUndo } from '#features/ingest/server/identity-undo.ts'
import { createLateBinding } from '#features/ingest/server/late-binding.ts'
import type { Touches } from '#features/ingest/server/touch-store.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Clock } from '#platform/common/clock.ts'
import type { ClickHouse } from '#platform/server/clickhouse/clickhouse.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** What identity needs of the customers feature. */
export type IdentityCustomers = Pick<Customers, 'getByNo' | 'getOwnByNo' | 'merges' | 'syncCustomers'>

export type IdentityDeps = {
  pg: Postgres
  ch: ClickHouse
  clock: Clock
  store: BindingStore
  audit: Audit
  customers: IdentityCustomers
  touches: Pick<Touches, 'noteAny'>
  log: (error: unknown, message: string) => void
}

export type Identity = ReturnType<typeof createIdentity>

/** Whose devices, ids and numbers are: while loading, and when people put it right. */
export function createIdentity(deps: IdentityDeps) {
  const { pg, ch, clock, store, customers, touches, log } = deps
  const links = createIdentityLinking({ pg, clock, store })
  const lateBinding = createLateBinding({ ch, pg, store, touches })
  const holdingVer = () => BigInt(clock.now().getTime()) << 20n
  const rehome = createRehome({ ch, pg, touches, moveHoldings: () => moveHoldings({ pg, ch }, holdingVer()) })
  const loading = createIdentityLoading({ store, links, lateBinding, rehome })
  const reads = createIdentityReads({ pg, ch })
  const undo = createUndo(deps)

  /** PostgreSQL has decided; where the warehouse cannot follow now, the next start or binding makes it. */
  async function follow(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      log(error, 'a change of identity waits for the warehouse')
      return false
    }
  }
  const followMerge = () =>
    follow(async () => {
      await customers.syncCustomers()
      await loading.applyChanges()
    })

  return {
    loading,
    links,
    /** The bank's own data brought identities: events that wait for them become their customers'. */
    claimWaiting: (): Promise<boolean> =>
      follow(async () => {
        if ((await links.claimWaiting()) > 0) await loading.applyChanges()
      }),
    async of(scope: OrgScope, customerNo: string): Promise<CustomerIdentities> {
      const { customerId } = await customers.getByNo(scope, customerNo)
      return { ...(await reads.of(customerId)), merges: await customers.merges.list(customerId) }
    },
    /** Takes bindings of a device back that were wrong. */
    async undo(
      actor: string,
      scope: OrgScope,
      customerNo: string,
      input: { visitor: string; since?: string | undefined; reason: string },
    ): Promise<{ undone: number; isApplied: boolean }> {
      const { customerId, customerNo: no, orgId } = await customers.getByNo(scope, customerNo)
      const sinceMs = input.since === undefined ? undefined : Date.parse(input.since)
      const visitor = BigInt(input.visitor)
      const undone = await undo({ ...input, actor, customerId, customerNo: no, orgId, visitor, sinceMs })
      return { undone, isApplied: await follow(loading.applyChanges) }
    },
    /** Counts one number under another, as the core bank says; gives the number that counts. */
    async merge(actor: string, scope: OrgScope, input: { from: string; to: string; reason: string }) {
      const from = await customers.getOwnByNo(scope, input.from)
      const to = await customers.getOwnByNo(scope, input.to)
      await customers.merges.merge(actor, { from, to, reason: input.reason })
      const isApplied = await followMerge()
      return { customerNo: (await customers.getByNo(scope, input.to)).customerNo, isApplied }
    },
    /** Undoes the merge of a number: what came under it goes back to it. */
    async split(actor: string, scope: OrgScope, customerNo: string, reason: string) {
      const from: CustomerRef = await customers.getOwnByNo(scope, customerNo)
      if (!(await customers.merges.split(actor, from, reason)))
        throw customerError('CUSTOMER_NOT_MERGED', { customerNo })
      return { customerNo, isApplied: await followMerge() }
    },
  }
}
