import type { RuleNames } from '#features/rules/web/rule-words.ts'
import { ruleSentence } from '#features/rules/web/rule-words.ts'
import type { Format } from '#platform/web/format.ts'
import type { Language, Pair } from '#platform/web/language.ts'
import type { CampaignBody } from '../common/campaign.ts'
import { objectiveWords, rungWords } from './campaign-words.ts'

/** One thing a campaign says, as people read it. */
export type ContentRow = { key: string; label: Pair; text: string }
/** The same in two contents. */
export type DiffRow = {
  key: string
  label: Pair
  before: string | null
  after: string | null
  isChanged: boolean
}

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

/** Two contents row by row: what both have keeps its place, what one lacks is null there. */
export function diffRows(before: readonly ContentRow[], after: readonly ContentRow[]): DiffRow[] {
  const old = new Map(before.map((row) => [row.key, row.text]))
  const rows: DiffRow[] = after.map(({ key, label, text }) => {
    const was = old.get(key) ?? null
    return { key, label, before: was, after: text, isChanged: was !== text }
  })
  const gone = before.filter((row) => !after.some(({ key }) => key === row.key))
  for (const { key, label, text } of gone) {
    const place = rows.findLastIndex((row) => row.key.split('.')[0] === key.split('.')[0])
    rows.splice(place < 0 ? rows.length : place + 1, 0, {
      key,
      label,
      before: text,
      after: null,
      isChanged: true,
    })
  }
  return rows
}

/** Numbers and Latin words whole, everything else sign by sign: half a number is no change to read. */
const piecesOf = (text: string): string[] => text.match(/[A-Za-z0-9.,]+|[\s\S]/gu) ?? []

/** Two texts cut where they differ: what they share at both ends, and what one has in the middle for the other's. */
export type Change = { start: string; removed: string; added: string; end: string }

export function markChange(before: string, after: string): Change {
  const old = piecesOf(before)
  const now = piecesOf(after)
  const shortest = Math.min(old.length, now.length)
  let from = 0
  while (from < shortest && old[from] === now[from]) from += 1
  let tail = 0
  while (tail < shortest - from && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1
  return {
    start: now.slice(0, from).join(''),
    removed: old.slice(from, old.length - tail).join(''),
    added: now.slice(from, now.length - tail).join(''),
    end: now.slice(now.length - tail).join(''),
  }
}
