import type { Reference } from '#features/campaigns/server/content-hash.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import type { OrgScope } from '#platform/common/access.ts'
import type { Sql } from '#platform/common/sql.ts'

export type Audience = {
  memberIds(rule: Rule, scope: OrgScope, at: Date): Promise<Sql>
  references(rule: Rule): Promise<Reference[]>
  check(rule: Rule): Promise<void>
}
export declare function createAudience(deps: object): Audience
