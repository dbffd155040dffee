import type { ContentRow } from '#features/approvals/web/index.ts'
import type { RuleNames } from '#features/rules/web/rule-words.ts'
import { ruleSentence } from '#features/rules/web/rule-words.ts'
import type { Format } from '#platform/web/format.ts'
import type { Language, Pair } from '#platform/web/language.ts'
import type { CampaignBody } from '../common/campaign.ts'
import { objectiveWords, rungWords } from './campaign-words.ts'

type Reader = { names: RuleNames; language: Language; format: Pick<Format, 'time'> }

const labels = {
  name: ['名称', 'Name'],
  objective: ['目标', 'Objective'],
  audience: ['受众', 'Audience'],
  title: ['权益标题', 'Offer title'],
  body: ['权益内容', 'Offer text'],
  link: ['点击打开', 'Opens'],
  product: ['产品代码', 'Product code'],
  holdout: ['对照组', 'Hold-out'],
  period: ['时间', 'Period'],
} as const satisfies Record<string, Pair>

const rungLabel = (index: number): Pair => [`第 ${index + 1} 层`, `Rung ${index + 1}`]

/** Everything material of a campaign, one row a thing, in the order of the form. */
export function contentRows(body: CampaignBody, { names, language, format }: Reader): ContentRow[] {
  const row = (key: string, label: Pair, text: string): ContentRow => ({ key, label, text })
  const until = language === 'zh' ? ' 至 ' : ' to '
  return [
    row('name', labels.name, body.name),
    row('objective', labels.objective, objectiveWords(body.objective, language)),
    row('audience', labels.audience, ruleSentence(body.audience, names, language)),
    row('offer.title', labels.title, body.offer.title),
    row('offer.body', labels.body, body.offer.body),
    row('offer.link', labels.link, body.offer.link),
    ...(body.offer.productCode ? [row('offer.productCode', labels.product, body.offer.productCode)] : []),
    ...body.rungs.map((rung, index) => row(`rungs.${index}`, rungLabel(index), rungWords(rung, language))),
    row('holdoutPercent', labels.holdout, `${body.holdoutPercent}%`),
    row('period', labels.period, `${format.time(body.from)}${until}${format.time(body.to)}`),
  ]
}
