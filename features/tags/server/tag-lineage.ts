import type { Impact, Lineage, LineageKind } from '#features/tags/common/tag-catalogue.ts'
import { namedIn } from '#features/tags/server/named-in.ts'
import type { TagRow } from '#features/tags/server/tag-store.ts'
import type { TagUses } from '#features/tags/server/tag-uses.ts'
import { sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

/** A graph larger than this says nothing to anyone; the rest is named as left out. */
const mostNodes = 400

type Node = Lineage['nodes'][number]
type Definition = { kind: 'tag' | 'segment'; key: string; name: string; definition: unknown }

const idOf = (kind: LineageKind, key: string) => `${kind}:${key}`

/** What a definition is made of, each as a node of the graph; properties hang on their events. */
function madeOf(definition: unknown): { kind: LineageKind; key: string; through?: string }[] {
  const named = namedIn(definition)
  const all = (kind: LineageKind, keys: ReadonlySet<string>) => [...keys].map((key) => ({ kind, key }))
  const propertiesOf = (event: string) => [...named.properties].filter((one) => one.startsWith(`${event}.`))
  const events = [...named.events].flatMap((key): { kind: LineageKind; key: string; through?: string }[] => {
    const properties = propertiesOf(key)
    if (properties.length === 0) return [{ kind: 'event', key }]
    return properties.flatMap((property) => [
      { kind: 'property' as const, key: property },
      { kind: 'event' as const, key, through: idOf('property', property) },
    ])
  })
  return [
    ...events,
    ...all('attribute', named.attributes),
    ...all('balance', named.balances),
    ...all('holding', named.holdings),
    ...all('list', named.lists),
    ...all('model', named.models),
    ...all('tag', named.tags),
    ...all('segment', named.segments),
  ]
}

/** From what a tag is made, up to the fields of events, and what is made of it, down to campaigns. */
export function createTagLineage(deps: { pg: Postgres; uses: TagUses }) {
  const { pg, uses } = deps

  async function read(kind: 'tag' | 'segment', keys: readonly string[]): Promise<Definition[]> {
    if (keys.length === 0) return []
    const rows = await pg.query<{ key: string; name: string; definition: unknown }>(
      kind === 'tag'
        ? sql`SELECT t.key, t.name->>'zh' AS name, t.source AS definition FROM tag AS t
            WHERE t.key = ANY(${keys}::text[]) AND t.state <> 'retired'`
        : sql`SELECT s.key, s.name, s.rule AS definition FROM segment AS s
            WHERE s.key = ANY(${keys}::text[]) AND s.state = 'active'`,
    )
    return rows.map((row) => ({ kind, ...row }))
  }

  async function lineage(row: TagRow): Promise<Lineage> {
    const nodes = new Map<string, Node>()
    const edges = new Map<string, { from: string; to: string }>()
    let isComplete = true
    const add = (kind: LineageKind, key: string, name: string, layer: number): string | undefined => {
      const id = idOf(kind, key)
      const known = nodes.get(id)
      if (!known && nodes.size >= mostNodes) {
        isComplete = false
        return undefined
      }
      if (!known) nodes.set(id, { id, kind, key, name, layer })
      else if (name !== key) known.name = name
      return id
    }
    const link = (from: string | undefined, to: string | undefined) => {
      if (from && to && from !== to) edges.set(`${from} ${to}`, { from, to })
    }
    const self = add('tag', row.key, row.name.zh, 0)

    async function up(): Promise<void> {
      const seen = new Set<string>([self ?? ''])
      let waiting: Definition[] = [{ kind: 'tag', key: row.key, name: row.name.zh, definition: row.source }]
      for (let layer = -1; waiting.length > 0; layer -= 1) {
        const next = { tag: new Set<string>(), segment: new Set<string>() }
        for (const one of waiting) {
          const to = idOf(one.kind, one.key)
          for (const part of madeOf(one.definition)) {
            const id = add(part.kind, part.key, part.key, part.through ? layer - 1 : layer)
            link(id, part.through ?? to)
            if ((part.kind === 'tag' || part.kind === 'segment') && id && !seen.has(id)) {
              seen.add(id)
              next[part.kind].add(part.key)
            }
          }
        }
        waiting = [...(await read('tag', [...next.tag])), ...(await read('segment', [...next.segment]))]
        for (const one of waiting) add(one.kind, one.key, one.name, layer)
      }
    }

    async function down(): Promise<void> {
      for (const one of await walkDown(row.key)) {
        link(idOf(one.fromType, one.fromKey), add(one.type, one.key, one.name, one.depth))
      }
    }
    await up()
    await down()
    return { nodes: [...nodes.values()], edges: [...edges.values()], isComplete }
  }

  type Step = {
    type: 'tag' | 'segment' | 'campaign'
    key: string
    name: string
    depth: number
    fromType: 'tag' | 'segment'
    fromKey: string
  }

  /** Every use of every use, breadth first; an edge for each. */
  async function walkDown(key: string): Promise<Step[]> {
    const steps: Step[] = []
    const seen = new Set([`tag ${key}`])
    let waiting: { type: 'tag' | 'segment'; key: string }[] = [{ type: 'tag', key }]
    for (let depth = 1; waiting.length > 0 && steps.length < mostNodes; depth += 1) {
      const found = await Promise.all(
        waiting.map(async (one) => ({ one, uses: await uses.of(one.type, one.key) })),
      )
      waiting = []
      for (const { one, uses: direct } of found) {
        for (const use of direct) {
          steps.push({ ...use, depth, fromType: one.type, fromKey: one.key })
          const id = `${use.type} ${use.key}`
          if (seen.has(id) || use.type === 'campaign') continue
          seen.add(id)
          waiting.push({ type: use.type, key: use.key })
        }
      }
    }
    return steps
  }

  return {
    lineage,
    /** Everything that would break without a tag, however far away. */
    async impact(key: string): Promise<Impact> {
      const seen = new Set<string>()
      const items: Impact['items'] = []
      for (const step of await walkDown(key)) {
        const id = `${step.type} ${step.key}`
        if (seen.has(id)) continue
        seen.add(id)
        const through = step.depth === 1 ? null : `${step.fromType} ${step.fromKey}`
        items.push({ type: step.type, key: step.key, name: step.name, through })
      }
      return { items }
    },
  }
}
