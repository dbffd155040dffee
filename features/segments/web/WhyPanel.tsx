import { CheckCircleFilled, CloseCircleFilled } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Flex, Tag } from 'antd'
import { Link } from 'react-router'
import type { z } from 'zod'
import { fieldName } from '#features/customers/common/event-words.ts'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleWords, useVocabulary } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { type Format, useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { Loaded } from '#platform/web/states.tsx'
import { useText, type Words } from '#platform/web/text.ts'
import type { Explanation, Why } from '../common/segment.ts'
import { segmentText } from './segment-text.ts'

type WhyAnswer = z.infer<typeof Why>

/** Why a customer is in the segment or not: every condition with a tick or a cross and the facts behind it. */
export function WhyPanel({ segmentKey, customerNo }: { segmentKey: string; customerNo: string }) {
  const t = useText(segmentText)
  const format = useFormat()
  const why = useQuery({
    queryKey: ['/api/segments', segmentKey, 'why', customerNo],
    queryFn: ({ signal }) =>
      api.get<WhyAnswer>(pathOf`/api/segments/${segmentKey}/why/${customerNo}`, undefined, signal),
  })
  return (
    <Loaded query={why}>
      {(answer) => (
        <Flex vertical gap={12} data-testid="why-panel">
          <Flex gap={8} align="center" wrap>
            <Link to={pathOf`/customers/${customerNo}`}>{customerNo}</Link>
            <Tag color={answer.holds ? 'success' : 'error'}>{answer.holds ? t.holds : t.holdsNot}</Tag>
            <span className="quiet small">{format.time(answer.asOf)}</span>
          </Flex>
          <ul className="why-tree">
            <WhyNode explanation={answer.explanation} />
          </ul>
        </Flex>
      )}
    </Loaded>
  )
}

function WhyNode({ explanation }: { explanation: Explanation }) {
  const t = useText(segmentText)
  const language = useLanguage()
  const { names } = useVocabulary()
  const { holds, children = [] } = explanation
  const { text } = ruleWords(withoutParts(explanation.rule, children.length), names, language)
  return (
    <li>
      <Flex gap={8} align="flex-start">
        {holds ? (
          <CheckCircleFilled className="why-yes" aria-label={t.holds} />
        ) : (
          <CloseCircleFilled className="why-no" aria-label={t.holdsNot} />
        )}
        <div>
          <div>{text}</div>
          <Facts facts={explanation.facts} />
        </div>
      </Flex>
      {children.length > 0 && (
        <ul>
          {children.map((child, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the explanation does not change while it is shown
            <WhyNode key={index} explanation={child} />
          ))}
        </ul>
      )}
    </li>
  )
}

/** A group's own words without those of its parts, which have lines of their own. */
function withoutParts(rule: Rule, parts: number): Rule {
  if (parts === 0) return rule
  const some: Rule[] = [{ all: [] }, { all: [] }]
  if ('all' in rule) return { all: some }
  if ('any' in rule) return { any: some }
  return 'not' in rule ? { not: withoutParts(rule.not, parts) } : rule
}

function Facts({ facts }: { facts: Explanation['facts'] }) {
  const t = useText(segmentText)
  const format = useFormat()
  const language = useLanguage()
  const entries = Object.entries(facts ?? {})
  if (entries.length === 0) return null
  const known: Record<string, string> = {
    value: t.factValue,
    count: t.factCount,
    sum: t.factSum,
    refreshedAt: t.refreshed,
    first: t.factFirst,
    at: t.factAt,
    km: t.factKm,
    place: t.factPlace,
    orgId: t.factOrg,
    limit: t.factLimit,
    same: t.factSame,
  }
  return (
    <div className="quiet small">
      {entries
        .map(
          ([name, value]) =>
            `${known[name] ?? stepName(name, t) ?? fieldName(name, language)} ${factWords(value, format, t)}`,
        )
        .join(language === 'zh' ? '，' : ', ')}
    </div>
  )
}

/** Steps of a sequence are counted from 0 in the rule and from 1 in words. */
function stepName(name: string, t: Words<typeof segmentText>): string | undefined {
  const step = /^step(\d+)$/.exec(name)?.[1]
  return step === undefined ? undefined : t.factStep(Number(step) + 1)
}

function factWords(value: string | number | null, format: Format, t: Words<typeof segmentText>): string {
  if (value === null || value === '') return t.factNone
  if (value === 'true' || value === 'false') return value === 'true' ? t.yes : t.no
  if (typeof value === 'number') return format.number(value)
  return /^\d{4}-\d{2}-\d{2}T/.test(value) ? format.time(value) : value
}
