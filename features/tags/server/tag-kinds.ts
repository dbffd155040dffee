import {
  kindOfSource,
  type SourceByKind,
  type TagKindName,
  type TagSource,
} from '#features/tags/common/tag-source.ts'
import { attributeKind } from '#features/tags/server/kinds/attribute-kind.ts'
import { balanceKind } from '#features/tags/server/kinds/balance-kind.ts'
import { bandsKind } from '#features/tags/server/kinds/bands-kind.ts'
import { casesKind } from '#features/tags/server/kinds/cases-kind.ts'
import { eventKind } from '#features/tags/server/kinds/event-kind.ts'
import { holdingKind } from '#features/tags/server/kinds/holding-kind.ts'
import type { KindContext, TagInputs, TagKind } from '#features/tags/server/kinds/kind.ts'
import { lifecycleKind } from '#features/tags/server/kinds/lifecycle-kind.ts'
import { listKind } from '#features/tags/server/kinds/list-kind.ts'
import { modelKind } from '#features/tags/server/kinds/model-kind.ts'
import { rfmKind } from '#features/tags/server/kinds/rfm-kind.ts'
import { ruleKind } from '#features/tags/server/kinds/rule-kind.ts'
import { sqlKind } from '#features/tags/server/kinds/sql-kind.ts'

export type { KindContext, TagInputs, TagKind } from '#features/tags/server/kinds/kind.ts'

const kinds: { readonly [K in TagKindName]: TagKind<SourceByKind[K]> } = {
  attribute: attributeKind,
  rule: ruleKind,
  event: eventKind,
  balance: balanceKind,
  holding: holdingKind,
  bands: bandsKind,
  cases: casesKind,
  lifecycle: lifecycleKind,
  rfm: rfmKind,
  sql: sqlKind,
  model: modelKind,
  list: listKind,
}

/** How tags with such a source are computed. */
export const kindOf = (source: TagSource): TagKind<TagSource> =>
  kinds[kindOfSource(source)] as unknown as TagKind<TagSource>

/** What a tag is made of; the tags a model looks at are in the registry. */
export async function inputsOf(source: TagSource, context: Pick<KindContext, 'pg'>): Promise<TagInputs> {
  const kind = kindOf(source)
  const inputs = kind.inputs(source)
  return { ...inputs, tags: [...inputs.tags, ...((await kind.tagsOf?.(source, context)) ?? [])] }
}
