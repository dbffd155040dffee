import { findScoringModel, type ScoringModel, weightsSql } from '#features/models/server/index.ts'
import { tagRowsSql } from '#features/rules/server/index.ts'
import { sourceError } from '#features/tags/common/source-errors.ts'
import type { SourceByKind } from '#features/tags/common/tag-source.ts'
import { computedItems, newRun } from '#features/tags/server/kinds/computed-rows.ts'
import { type KindContext, noInputs, type TagKind } from '#features/tags/server/kinds/kind.ts'
import { floats } from '#features/tags/server/kinds/number-sql.ts'
import { amongSql, everyCustomer } from '#features/tags/server/kinds/universe.ts'
import { checkUsedTag, tagTypesOf, usedTag, usedTags } from '#features/tags/server/kinds/used-tags.ts'
import { type ComputedTag, itemOf, itemsOf } from '#features/tags/server/tag-item.ts'
import { numberText } from '#features/tags/server/value-sql.ts'
import { joinSql, type Sql, sql, typed } from '#platform/common/sql.ts'

async function scoring({ pg }: KindContext, model: string): Promise<ScoringModel> {
  const found = await findScoringModel(pg, model)
  if (!found) throw sourceError('TAG_SOURCE_MODEL_NOT_APPROVED', { model })
  return found
}

/** A model's inputs of every customer, as rows (customer_id, x); the array stands in the order of the inputs. */
async function featuresSql(model: ScoringModel, context: KindContext): Promise<Sql> {
  const keys = [...new Set(model.inputs.map(({ tag }) => tag))]
  const tags = await usedTags(context, keys)
  const sources = keys.map((key, index) => {
    const tag = usedTag(tags, key)
    const number = tag.type === 'number' ? sql`ifNull(r.number, 0)` : sql`toFloat64(r.value = 'true')`
    return sql`
      SELECT r.customer_id AS customer_id, toUInt16(${typed('UInt16', index + 1)}) AS source, r.value AS value, ${number} AS number
      FROM (${tagRowsSql(tag)}) AS r WHERE ${amongSql(context, sql`r.customer_id`)}`
  })
  const inputs = model.inputs.map(({ tag, missing = 0, equals }) => {
    const own = sql`a.source = ${typed('UInt16', keys.indexOf(tag) + 1)}`
    const present =
      equals === undefined
        ? sql`anyIf(a.number, ${own})`
        : sql`toFloat64(anyIf(a.value, ${own}) = ${typed('String', equals)})`
    return sql`if(countIf(${own}) = 0, ${floats([missing])}[1], ${present})`
  })
  return sql`
    SELECT a.customer_id AS customer_id, [${joinSql(inputs, sql`, `)}] AS x
    FROM (
      SELECT u.customer_id AS customer_id, toUInt16(0) AS source, '' AS value, toFloat64(0) AS number
      FROM (${everyCustomer(context)}) AS u
      UNION ALL ${joinSql(sources, sql` UNION ALL `)}) AS a
    GROUP BY a.customer_id HAVING countIf(a.source = 0) > 0`
}

async function itemsOfOne(tag: ComputedTag<SourceByKind['model']>, context: KindContext): Promise<Sql> {
  const model = await scoring(context, tag.source.model)
  const features = await featuresSql(model, context)
  if (model.kind === 'onnx') {
    const runId = await newRun(context)
    await model.run(context.ch, features, runId)
    return computedItems(tag, runId, context)
  }
  const score = weightsSql(model.kind, model.definition, sql`f.x`)
  const text = sql`if(isFinite(f.score), ${numberText(sql`f.score`)}, NULL)`
  return sql`
    SELECT f.customer_id AS customer_id, ${itemsOf([itemOf(tag, { text, isValue: true }, context.time.timeZone)])}
    FROM (SELECT f.customer_id AS customer_id, ${score} AS score FROM (${features}) AS f) AS f`
}

/** The score of a registered model's approved version, for every customer. */
export const modelKind: TagKind<SourceByKind['model']> = {
  group: ({ model }) => `model:${model}`,
  // Its own inputs are in the registry, so what touched a customer cannot be told from the source.
  inputs: () => ({ ...noInputs, dependsOnOthers: true }),
  async tagsOf({ model }, { pg }) {
    const found = await findScoringModel(pg, model)
    return [...new Set((found?.inputs ?? []).map(({ tag }) => tag))]
  },
  mayMiss: () => false,
  async check({ model }, _type, context) {
    const { inputs } = await scoring(context, model)
    const types = await tagTypesOf(
      context,
      inputs.map(({ tag }) => tag),
    )
    for (const { tag, equals } of inputs)
      checkUsedTag(
        types,
        tag,
        equals === undefined ? ['number', 'bool'] : ['enum', 'number', 'bool', 'date'],
        'source.model',
      )
  },
  async items(tags, context) {
    const parts: Sql[] = []
    for (const tag of tags) parts.push(await itemsOfOne(tag, context))
    return joinSql(parts, sql` UNION ALL `)
  },
}
