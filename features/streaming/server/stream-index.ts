import type { Within } from '#features/rules/common/rule.ts'

/** A streaming or other definition by what it says: the rule of a segment, the source of a tag. */
export type Definition = { key: string; content: unknown; isStreaming: boolean }

/** An event looked at through a window that moves with time. */
export type MovingWindow = { event: string; within: Within }

type Inputs = {
  events: Set<string>
  tags: Set<string>
  segments: Set<string>
  windows: MovingWindow[]
}

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

const isMoving = (within: unknown): within is Within =>
  isNode(within) && ['days', 'hours', 'minutes'].some((unit) => unit in within)

function eventsIn(node: Node): string[] {
  const steps = Array.isArray(node.sequence) ? node.sequence : []
  const named = [node.did, node.event, ...steps.map((step: unknown) => (isNode(step) ? step.did : undefined))]
  return named.filter((name): name is string => typeof name === 'string')
}

/** Everything a definition names, however deep it stands. */
export function inputsOf(content: unknown): Inputs {
  const inputs: Inputs = {
    events: new Set(),
    tags: new Set(),
    segments: new Set(),
    windows: [],
  }
  const waiting = [content]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!isNode(next)) continue
    const node = next
    const events = eventsIn(node)
    for (const event of events) {
      inputs.events.add(event)
      if (isMoving(node.within)) inputs.windows.push({ event, within: node.within })
    }
    if (typeof node.tag === 'string') inputs.tags.add(node.tag)
    if (typeof node.segment === 'string') inputs.segments.add(node.segment)
    waiting.push(...Object.values(node).filter(isNode))
  }
  return inputs
}

const union = <T>(sets: Iterable<ReadonlySet<T>>): Set<T> => {
  const all = new Set<T>()
  for (const set of sets) for (const one of set) all.add(one)
  return all
}

/** Everything reached from some keys over `next`, the keys themselves included. */
function reach(keys: Iterable<string>, next: (key: string) => Iterable<string>): Set<string> {
  const reached = new Set<string>()
  const waiting = [...keys]
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (reached.has(key)) continue
    reached.add(key)
    waiting.push(...next(key))
  }
  return reached
}

function turnRound(pairs: Iterable<readonly [from: string, to: Iterable<string>]>): Map<string, Set<string>> {
  const round = new Map<string, Set<string>>()
  for (const [from, to] of pairs)
    for (const one of to) {
      const known = round.get(one)
      if (known) known.add(from)
      else round.set(one, new Set([from]))
    }
  return round
}

/** What was touched: events stored, tags changed, or anything. */
export type TouchedInputs = { events: ReadonlySet<string>; tags: ReadonlySet<string>; isAny: boolean }

export type StreamIndex = ReturnType<typeof buildIndex>

/** Which streaming segments and tags depend on what, over nested segments and tags on tags. */
export function buildIndex(tags: readonly Definition[], segments: readonly Definition[]) {
  const tagInputs = new Map(tags.map((tag) => [tag.key, inputsOf(tag.content)]))
  const segmentInputs = new Map(segments.map((segment) => [segment.key, inputsOf(segment.content)]))
  const streamed = segments.filter((segment) => segment.isStreaming).map(({ key }) => key)
  /** What a segment's rule says once the segments in it are opened. */
  const opened = new Map(
    streamed.map((key) => {
      const all = [...reach([key], (one) => segmentInputs.get(one)?.segments ?? [])]
      const inputs = all.flatMap((one) => segmentInputs.get(one) ?? [])
      return [
        key,
        {
          events: union(inputs.map((one) => one.events)),
          tags: union(inputs.map((one) => one.tags)),
          windows: inputs.flatMap((one) => one.windows),
        },
      ] as const
    }),
  )
  const streamedTags = tags.filter((tag) => tag.isStreaming).map(({ key }) => key)
  const byEvent = turnRound([...opened].map(([key, { events }]) => [key, events]))
  const byTag = turnRound([...opened].map(([key, one]) => [key, one.tags]))
  const eventsOfTag = (key: string) => tagInputs.get(key)?.events ?? new Set<string>()
  const tagsByEvent = turnRound(streamedTags.map((key) => [key, eventsOfTag(key)]))
  const tagsByTag = turnRound(streamedTags.map((key) => [key, tagInputs.get(key)?.tags ?? []]))
  /** Streaming tags that may change with these events and tags. */
  const movedTags = (touched: TouchedInputs): Set<string> => {
    if (touched.isAny) return new Set(streamedTags)
    const first = [...touched.events].flatMap((event) => [...(tagsByEvent.get(event) ?? [])])
    return reach([...first, ...touched.tags], (key) => tagsByTag.get(key) ?? [])
  }
  const usedTags = new Set([
    ...byTag.keys(),
    ...streamedTags.flatMap((key) => [...(tagInputs.get(key)?.tags ?? [])]),
  ])
  const used = [...opened.values(), ...streamedTags.flatMap((key) => tagInputs.get(key) ?? [])]

  return {
    streamed: new Set(streamed),
    /** Whether a touch of this event or tag matters to anybody. */
    isRelevant: (kind: 'event' | 'tag' | 'any', name: string): boolean => {
      if (streamed.length + streamedTags.length === 0) return false
      if (kind === 'event') return byEvent.has(name) || tagsByEvent.has(name)
      return kind === 'any' || usedTags.has(name)
    },
    /** Whether streaming tags have to be computed: about these events only, or all. */
    tagUpdate: (touched: TouchedInputs): 'none' | 'events' | 'all' => {
      if (streamedTags.length === 0) return 'none'
      if (touched.isAny || [...touched.tags].some((tag) => tagsByTag.has(tag))) return 'all'
      return [...touched.events].some((event) => tagsByEvent.has(event)) ? 'events' : 'none'
    },
    /** Streaming segments to look at; without `changedTags` whatever tags may have changed. */
    segmentsOf: (touched: TouchedInputs, changedTags: readonly string[] | undefined): Set<string> => {
      if (touched.isAny) return new Set(streamed)
      const ofTags = [...(changedTags ?? movedTags(touched)), ...touched.tags]
      return union([
        ...[...touched.events].map((event) => byEvent.get(event) ?? new Set<string>()),
        ...ofTags.map((tag) => byTag.get(tag) ?? new Set<string>()),
      ])
    },
    /** Events a streaming segment looks at, those of the tags it uses included. */
    eventsOf: (key: string): string[] => {
      const { events = new Set<string>(), tags: direct = new Set<string>() } = opened.get(key) ?? {}
      const all = reach(direct, (tag) => tagInputs.get(tag)?.tags ?? [])
      return [...union([events, ...[...all].map(eventsOfTag)])]
    },
    windows: [
      ...new Map(used.flatMap((one) => one.windows).map((one) => [JSON.stringify(one), one])).values(),
    ],
    tagsUsed: [...usedTags].sort(),
  }
}
