import { type Span, spanOf } from '#features/rules/common/bank-time.ts'
import { bucketOf, bucketsOfPercent } from '#features/rules/common/bucket.ts'
import {
  decimalText,
  isPlainDate,
  readAmount,
  readNumber,
  sumScale,
} from '#features/rules/common/canonical.ts'
import { compareCount, compareSum, compareText } from '#features/rules/common/compare.ts'
import {
  type CustomerFacts,
  type EvaluateContext,
  type EventFact,
  pastTagKey,
  topKey,
} from '#features/rules/common/evaluate-rule.ts'
import { explainSequence } from '#features/rules/common/evaluate-sequence.ts'
import { haversine, haversineOfKm, kmOfHaversine, type Place, placeOf } from '#features/rules/common/near.ts'
import type { DidLeaf, NearLeaf, Rule, TagLeaf, TopLeaf, Where, Within } from '#features/rules/common/rule.ts'
import { kindOf, type RuleByKind } from '#features/rules/common/walk-rule.ts'

export type LeafAccount = { holds: boolean; facts: Record<string, string | number | null> }
type Explain<L> = (leaf: L, facts: CustomerFacts, context: EvaluateContext) => LeafAccount
type LeafKind = Exclude<keyof RuleByKind, 'all' | 'any' | 'not' | 'segment'>

/** A customer's messages of one name that meet all conditions, each once, the earliest first. */
export function messagesOf(
  facts: CustomerFacts,
  name: string,
  where: readonly Where[] | undefined,
  { fromMs, toMs }: Span,
): EventFact[] {
  const messages = new Map<string, EventFact>()
  for (const event of facts.events) {
    if (event.name !== name || event.occurredAtMs < fromMs || event.occurredAtMs >= toMs) continue
    if (where?.every((one) => compareText(event.props.get(one.prop), one)) ?? true)
      messages.set(event.msg, event)
  }
  return [...messages.values()].sort((one, other) => one.occurredAtMs - other.occurredAtMs)
}

const always: Span = { fromMs: -Infinity, toMs: Infinity }
const spanIn = (within: Within | undefined, { now, timeZone }: EvaluateContext) =>
  spanOf(within, now, timeZone)
const timeText = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString()

const explainTag: Explain<TagLeaf> = (leaf, { tags, pastTags }) => {
  const value = leaf.at === undefined ? tags.get(leaf.tag) : pastTags.get(pastTagKey(leaf.tag, leaf.at))
  return {
    holds: compareText(value, leaf),
    facts: { value: value ?? null, ...(leaf.at === undefined ? {} : { at: leaf.at }) },
  }
}

const explainDid: Explain<DidLeaf> = (leaf, facts, context) => {
  const { sum } = leaf
  const span = spanIn(leaf.within, context)
  const messages = messagesOf(facts, leaf.did, leaf.where, span)
  const count = messages.length
  const total = sum ? messages.reduce((so, { props }) => so + readAmount(props.get(sum.prop) ?? ''), 0n) : 0n
  const meets =
    leaf.count || sum
      ? (!leaf.count || compareCount(count, leaf.count)) && (!sum || compareSum(total, sum))
      : count > 0
  const account = { count, ...(sum ? { sum: decimalText(total, sumScale) } : {}) }
  if (!leaf.first) return { holds: meets, facts: account }
  const first = messagesOf(facts, leaf.did, leaf.where, always)[0]?.occurredAtMs
  const isInside = first !== undefined && first >= span.fromMs && first < span.toMs
  return { holds: meets && isInside, facts: { ...account, first: timeText(first) } }
}

/** What a tag's value is ranked by: a number, or a plain date as the number of its digits. */
export const rankOf = (value: string): number | undefined =>
  isPlainDate(value) ? Number(value.replaceAll('-', '')) : readNumber(value)

/** Bytes, as the warehouse compares text. */
export function compareCustomerNo(one: string, other: string): number {
  const [left, right] = [new TextEncoder().encode(one), new TextEncoder().encode(other)]
  for (let at = 0; at < Math.min(left.length, right.length); at += 1)
    if (left[at] !== right[at]) return (left[at] ?? 0) - (right[at] ?? 0)
  return left.length - right.length
}

const explainTop: Explain<TopLeaf<Rule>> = (leaf, facts, { tops }) => {
  const value = facts.tags.get(leaf.top.tag)
  const rank = value === undefined ? undefined : rankOf(value)
  const limit = tops.get(topKey(leaf))
  const account = { value: value ?? null, limit: limit?.number ?? null }
  if (rank === undefined || !limit) return { holds: rank !== undefined, facts: account }
  const ahead = leaf.top.order === 'asc' ? limit.number - rank : rank - limit.number
  const isLevel = ahead === 0 && compareCustomerNo(facts.customerNo, limit.customerNo) <= 0
  return { holds: ahead > 0 || isLevel, facts: account }
}

function explainPlaces(places: readonly Place[], { near }: NearLeaf): LeafAccount {
  const nearest = Math.min(...places.map((place) => haversine(near, place)))
  const km = places.length > 0 ? Number(kmOfHaversine(nearest).toFixed(3)) : null
  return { holds: places.length > 0 && nearest <= haversineOfKm(near.km), facts: { km } }
}

const explainNear: Explain<NearLeaf> = (leaf, facts, context) => {
  const holders =
    leaf.did === undefined
      ? [facts.attributes]
      : messagesOf(facts, leaf.did, undefined, spanIn(leaf.within, context)).map(({ props }) => props)
  return explainPlaces(
    holders.flatMap((holder) => placeOf(holder) ?? []),
    leaf,
  )
}

const explainers: { readonly [K in LeafKind]: Explain<RuleByKind[K]> } = {
  tag: explainTag,
  did: explainDid,
  sequence: explainSequence,
  sample: ({ sample }, { customerNo }) => {
    const bucket = bucketOf(sample.salt, customerNo)
    const place = Number((Number(bucket) / 2 ** 64).toFixed(6)) * 100
    return { holds: bucket < bucketsOfPercent(sample.percent), facts: { place } }
  },
  top: explainTop,
  list: ({ list }, { lists }) => ({ holds: lists.has(list), facts: {} }),
  near: explainNear,
  org: ({ org }, { orgId }, { orgs }) => ({
    holds: orgs.get(org)?.includes(orgId) ?? false,
    facts: { orgId },
  }),
}

/** Whether a leaf holds for one customer, and on what facts; the rule inside a `top` is asked elsewhere. */
export const explainLeaf: Explain<RuleByKind[LeafKind]> = (leaf, facts, context) =>
  (explainers[kindOf(leaf) as LeafKind] as Explain<typeof leaf>)(leaf, facts, context)
