import type { Reference } from '#features/approvals/common/approval.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleKeys } from '#features/rules/common/walk-rule.ts'
import type { Rules } from '#features/rules/server/index.ts'
import type { TagSource } from '#features/tags/common/tag.ts'
import type { OrgScope } from '#platform/common/access.ts'
import { type Sql, sql } from '#platform/common/sql.ts'
import type { Postgres } from '#platform/server/postgres/postgres.ts'

export type Audience = {
  /** Rows (customer_id) of the customers in scope for whom the rule holds. */
  memberIds(scope: OrgScope, rule: Rule): Promise<Sql>
  /** Every segment and tag the rule rests on, those inside others included, with what decides who is in it. */
  references(rule: Rule): Promise<Reference[]>
  /** Throws where the rule can't be evaluated. */
  check(rule: Rule): Promise<void>
}

type Keys = { tags: readonly string[]; segments: readonly string[] }
type TagDefinition = { key: string; type: string; source: TagSource }

/** What the rules, segments and tags features say of a campaign's audience. */
export function createAudience(deps: {
  pg: Postgres
  rules: Pick<Rules, 'memberIdsSql' | 'check'>
}): Audience {
  const { pg, rules } = deps

  const loadSegments = (keys: readonly string[]) =>
    pg.query<{ key: string; rule: Rule }>(sql`
      SELECT s.key, s.rule FROM segment AS s WHERE s.key = ANY(${keys}::text[]) AND s.state = 'active'`)
  const loadTags = (keys: readonly string[]) =>
    pg.query<TagDefinition>(sql`
      SELECT t.key, t.type, t.source FROM tag AS t WHERE t.key = ANY(${keys}::text[]) AND t.state = 'active'`)

  /** One layer of references, and the rules inside it. What no longer exists is there too, as nothing. */
  async function load({ tags, segments }: Keys): Promise<{ references: Reference[]; inside: Rule[] }> {
    const [foundSegments, foundTags] = await Promise.all([loadSegments(segments), loadTags(tags)])
    const ruleOf = new Map(foundSegments.map((segment) => [segment.key, segment.rule]))
    const tagOf = new Map(foundTags.map(({ key, type, source }) => [key, { type, source }]))
    return {
      references: [
        ...segments.map((key) => ({ kind: 'segment' as const, key, definition: ruleOf.get(key) ?? null })),
        ...tags.map((key) => ({ kind: 'tag' as const, key, definition: tagOf.get(key) ?? null })),
      ],
      inside: [
        ...foundSegments.map((segment) => segment.rule),
        ...foundTags.flatMap(({ source }) => ('rule' in source ? [source.rule] : [])),
      ],
    }
  }

  async function references(rule: Rule): Promise<Reference[]> {
    const known = { tags: new Set<string>(), segments: new Set<string>() }
    const all: Reference[] = []
    for (let waiting = [rule]; waiting.length > 0; ) {
      const next = newKeys(waiting, known)
      const layer = await load(next)
      all.push(...layer.references)
      waiting = layer.inside
    }
    return all
  }

  return {
    memberIds: rules.memberIdsSql,
    references,
    check: (rule) => rules.check(rule, { path: 'audience' }),
  }
}

/** The tags and segments these rules name that were not met before; they are known from now on. */
function newKeys(rules: readonly Rule[], known: { tags: Set<string>; segments: Set<string> }): Keys {
  const named = rules.map(ruleKeys)
  const take = (kind: 'tags' | 'segments') => {
    const fresh = [...new Set(named.flatMap((keys) => [...keys[kind]]))].filter(
      (key) => !known[kind].has(key),
    )
    for (const key of fresh) known[kind].add(key)
    return fresh
  }
  return { tags: take('tags'), segments: take('segments') }
}
