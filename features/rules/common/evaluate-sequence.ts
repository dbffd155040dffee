import { spanOf } from '#features/rules/common/bank-time.ts'
import { compareText } from '#features/rules/common/compare.ts'
import { type LeafAccount, messagesOf } from '#features/rules/common/evaluate-leaf.ts'
import type { CustomerFacts, EvaluateContext, EventFact } from '#features/rules/common/evaluate-rule.ts'
import type {
  Duration,
  SequenceLeaf,
  SequenceStep,
  StepReference,
  Where,
} from '#features/rules/common/rule.ts'

/** A duration in milliseconds: of 24-hour days. */
export function durationMs(duration: Duration): number {
  if ('days' in duration) return Math.round(duration.days * 86_400_000)
  return Math.round('hours' in duration ? duration.hours * 3_600_000 : duration.minutes * 60_000)
}

/** A step's conditions on its own event, and those that look at an earlier one. */
export function splitWhere({ where = [] }: SequenceStep): { own: Where[]; references: StepReference[] } {
  return {
    own: where.filter((one): one is Where => !('step' in one)),
    references: where.filter((one): one is StepReference => 'step' in one),
  }
}

/** What a chain of events must be like beyond each event's own conditions. */
type Chain = { same: string | undefined; lastsMs: number; references: readonly StepReference[][] }

const meets = (event: EventFact, chosen: readonly EventFact[], step: readonly StepReference[]): boolean =>
  step.every(({ prop, is, step: at, of }) => {
    const value = chosen[at]?.props.get(of)
    return value !== undefined && compareText(event.props.get(prop), { is, value })
  })

/** Whether an event may follow those chosen. */
function follows(event: EventFact, chosen: readonly EventFact[], chain: Chain): boolean {
  const { same, lastsMs, references } = chain
  const [first, last] = [chosen[0], chosen.at(-1)]
  if (last && event.occurredAtMs <= last.occurredAtMs) return false
  if (first && event.occurredAtMs - first.occurredAtMs > lastsMs) return false
  if (same !== undefined) {
    const value = event.props.get(same)
    if (value === undefined || (first && first.props.get(same) !== value)) return false
  }
  return meets(event, chosen, references[chosen.length] ?? [])
}

/**
 * The first chain, trying the earliest events first. Where no later step looks back at the event chosen, none but the
 * earliest needs to be tried after the first step: whatever may follow a later one may follow it, too.
 */
function findChain(
  steps: readonly (readonly EventFact[])[],
  chain: Chain,
  chosen: readonly EventFact[] = [],
): readonly EventFact[] | undefined {
  const place = chosen.length
  const candidates = steps[place]
  if (!candidates) return chosen
  const isLookedAt = chain.references.some((step) => step.some((one) => one.step === place))
  for (const event of candidates) {
    if (!follows(event, chosen, chain)) continue
    const found = findChain(steps, chain, [...chosen, event])
    if (found) return found
    if (place > 0 && !isLookedAt) return undefined
  }
  return undefined
}

/** Whether a customer's events hold such a sequence; the facts are the times of the first one found. */
export function explainSequence(
  leaf: SequenceLeaf,
  facts: CustomerFacts,
  context: EvaluateContext,
): LeafAccount {
  const span = spanOf(leaf.within, context.now, context.timeZone)
  const split = leaf.sequence.map((step) => ({ step, ...splitWhere(step) }))
  const chain: Chain = {
    same: leaf.same,
    lastsMs: leaf.duration ? durationMs(leaf.duration) : Infinity,
    references: split.map(({ references }) => references),
  }
  const found = findChain(
    split.map(({ step, own }) => messagesOf(facts, step.did, own, span)),
    chain,
  )
  const times = leaf.sequence.map((_step, index): [string, string | null] => [
    `step${index}`,
    found?.[index] ? new Date(found[index].occurredAtMs).toISOString() : null,
  ])
  const same: [string, string | null][] =
    leaf.same === undefined ? [] : [['same', found?.[0]?.props.get(leaf.same) ?? null]]
  return { holds: found !== undefined, facts: Object.fromEntries([...times, ...same]) }
}
