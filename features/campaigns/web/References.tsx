import { Collapse, Flex, Tag } from 'antd'
import type { Rule } from '#features/rules/common/rule.ts'
import { checkRule, RuleInWords, useVocabulary } from '#features/rules/web/index.ts'
import { useText } from '#platform/web/text.ts'
import type { CampaignApproval } from '../common/campaign.ts'
import { approvalText } from './approval-text.ts'

type Reference = CampaignApproval['references'][number]

/** The segments and tags behind the audience as they were when it was submitted. */
export function References({ references }: { references: readonly Reference[] }) {
  const t = useText(approvalText)
  const { names } = useVocabulary()
  if (references.length === 0) return null
  return (
    <Collapse
      size="small"
      defaultActiveKey={references
        .filter(({ kind }) => kind === 'segment')
        .map(({ kind, key }) => `${kind}:${key}`)}
      items={references.map((reference) => ({
        key: `${reference.kind}:${reference.key}`,
        label: (
          <Flex gap={8} align="center">
            <Tag>{reference.kind === 'segment' ? t.segment : t.tag}</Tag>
            {(reference.kind === 'segment' ? names.segment(reference.key) : names.tag(reference.key)?.name) ??
              reference.key}
          </Flex>
        ),
        children: <Definition definition={reference.definition} />,
      }))}
    />
  )
}

/** The rule inside a definition: a segment is one, a tag may have one. */
function ruleIn(definition: unknown): Rule | undefined {
  if (checkRule(definition).length === 0) return definition as Rule
  const source = (definition as { source?: { rule?: unknown } } | null)?.source
  return source?.rule && checkRule(source.rule).length === 0 ? (source.rule as Rule) : undefined
}

function Definition({ definition }: { definition: unknown }) {
  const t = useText(approvalText)
  if (definition === null) return <span className="quiet">{t.gone}</span>
  const rule = ruleIn(definition)
  return rule ? (
    <RuleInWords rule={rule} />
  ) : (
    <pre className="json">{JSON.stringify(definition, null, 2)}</pre>
  )
}
