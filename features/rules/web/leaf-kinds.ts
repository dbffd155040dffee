import type {
  DidLeaf,
  ListLeaf,
  NearLeaf,
  OrgLeaf,
  Rule,
  SampleLeaf,
  SegmentLeaf,
  SequenceLeaf,
  TagLeaf,
  TopLeaf,
} from '../common/rule.ts'

/** Every kind of condition, so that what shows, words or checks one cannot leave a kind out. */
export type LeafByKind = {
  tag: TagLeaf
  did: DidLeaf
  sequence: SequenceLeaf
  segment: SegmentLeaf
  list: ListLeaf
  org: OrgLeaf
  near: NearLeaf
  top: TopLeaf<Rule>
  sample: SampleLeaf
}
export type LeafKind = keyof LeafByKind
export type AnyLeaf = LeafByKind[LeafKind]

// A place with `did` is still a place, so `near` is asked for first.
const kinds: readonly LeafKind[] = [
  ...(['near', 'sequence', 'tag', 'did', 'segment'] as const),
  ...(['list', 'org', 'top', 'sample'] as const),
]

/** The kind of a condition. */
export function leafKindOf(leaf: object): LeafKind {
  const kind = kinds.find((one) => Object.hasOwn(leaf, one))
  if (!kind) throw new TypeError('Not a condition')
  return kind
}

/** What a condition of each kind starts as. */
export const emptyLeaf: { readonly [K in LeafKind]: () => LeafByKind[K] } = {
  tag: () => ({ tag: '', is: 'eq' }),
  did: () => ({ did: '', within: { days: 30 } }),
  sequence: () => ({ sequence: [{ did: '' }, { did: '' }], within: { days: 30 } }),
  segment: () => ({ segment: '' }),
  list: () => ({ list: '' }),
  org: () => ({ org: '' }),
  // People's Square, Shanghai: a place to move from.
  near: () => ({ near: { lat: 31.2304, lng: 121.4737, km: 3 } }),
  top: () => ({ top: { tag: '', n: 1000, order: 'desc' } }),
  sample: () => ({ sample: { percent: 10, salt: 'sample' } }),
}
