import type { BindingStore, Proven, UnappliedBinding } from '#features/ingest/server/binding-store.ts'
import { boundVer } from '#features/ingest/server/identity-homes.ts'
import type { IdentityLinking } from '#features/ingest/server/identity-linking.ts'
import type { Rehome } from '#features/ingest/server/identity-rehome.ts'
import type { LateBinding } from '#features/ingest/server/late-binding.ts'
import type { SpooledEvent } from '#features/ingest/server/spool-record.ts'

/** A message as loading has it once its number is resolved. */
export type MessageToIdentify = {
  event: Pick<SpooledEvent, 'isVisitor' | 'visitor' | 'binding' | 'identities' | 'tail'>
  /** 0: it names none. */
  customerId: number
  occurredMs: number
}

/** What settling needs to know of what was loaded. */
export type Identified = {
  visitors: ReadonlySet<bigint>
  customerIds: ReadonlySet<number>
  newBindings: number
  /** An earlier try may have written rows by what was known then. */
  isRepeat: boolean
}

/** Behind visitor, message id and two 8-byte numbers a tail has the event's name. */
const nameAt = 40
const logoutName = Buffer.from('\x0alogged_out', 'latin1')
const isLogout = (tail: Buffer): boolean =>
  tail.length > nameAt + logoutName.length &&
  tail[nameAt] === logoutName[0] &&
  tail.compare(logoutName, 0, logoutName.length, nameAt, nameAt + logoutName.length) === 0

function proofsOf(messages: readonly MessageToIdentify[]): Proven[] {
  const proofs: Proven[] = []
  for (const { event, customerId, occurredMs } of messages) {
    if (event.visitor !== 0n && isLogout(event.tail))
      proofs.push({
        visitor: event.visitor,
        kind: 'device',
        moment: { customerId: 0, atMs: occurredMs, proof: 'logout' },
      })
    else if (event.binding && customerId !== 0) {
      const { visitor, proof } = event.binding
      proofs.push({ visitor, kind: 'device', moment: { customerId, atMs: occurredMs, proof } })
    }
  }
  return proofs.sort((a, b) => a.moment.atMs - b.moment.atMs)
}

/** Decides whom the messages of a segment are of, and mends afterwards what others changed meanwhile. */
export function createIdentityLoading(deps: {
  store: BindingStore
  links: IdentityLinking
  lateBinding: LateBinding
  rehome: Rehome
}) {
  const { store, links, lateBinding, rehome } = deps
  // The first segment after a start may have been half loaded by the process before.
  let isUnsure = true

  async function reapply(identified: Identified, changed: readonly UnappliedBinding[] | undefined) {
    const { visitors } = identified
    if (visitors.size === 0) return
    if (changed && !identified.isRepeat)
      return lateBinding.reapply(changed.filter((one) => visitors.has(one.visitor)))
    const intervals = await store.intervalsOf(visitors)
    const bound = [...visitors].filter((visitor) => (intervals.get(visitor)?.length ?? 0) > 0)
    return lateBinding.reapply(bound.map((visitor) => ({ visitor, fromMs: undefined })))
  }

  return {
    /** Before rows are made: binds what the messages prove. */
    async identify(messages: readonly MessageToIdentify[]): Promise<Identified> {
      const isRepeat = isUnsure
      isUnsure = true
      const visitors = new Set<bigint>()
      const ids = new Set<number>()
      const withIdentities: MessageToIdentify[] = []
      for (const message of messages) {
        if (message.event.isVisitor) visitors.add(message.event.visitor)
        else ids.add(message.customerId)
        if (message.event.identities.length > 0) withIdentities.push(message)
      }
      let newBindings = withIdentities.length > 0 ? await links.linkIdentities(withIdentities) : 0
      const proofs = proofsOf(messages)
      if (proofs.length > 0) newBindings += await store.bind(proofs)
      return { visitors, customerIds: ids, newBindings, isRepeat }
    },
    /** Version of the rows that a bound visitor's messages get at once. */
    copyVer: (): bigint => boundVer(store.seenVersion()),
    /** After all rows are written: what binding brings with it, and what others changed since we looked. */
    async settle(identified: Identified): Promise<void> {
      const { bindings, homes } = await store.look()
      await reapply(identified, bindings)
      if (identified.newBindings > 0) await lateBinding.applyAll()
      // Rows made before a merge was known here may be of any number that was merged since.
      const merged = new Set([...identified.customerIds, ...homes].filter((id) => store.homeOf(id) !== id))
      if (merged.size > 0) await rehome.follow([...merged])
      isUnsure = false
    },
    /** After a start: does what a crash cut off. */
    async recover(): Promise<void> {
      await store.look()
      await links.claimWaiting()
      await rehome.applyAll()
      await lateBinding.applyAll()
    },
    /** What changed outside of loading (an undone binding, a merge) is brought to the warehouse. */
    async applyChanges(): Promise<void> {
      await rehome.applyAll()
      await lateBinding.applyAll()
    },
  }
}

export type IdentityLoading = ReturnType<typeof createIdentityLoading>
