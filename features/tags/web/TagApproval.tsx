import { Card, Flex, Tag } from 'antd'
import { useMemo } from 'react'
import { ContentDiff } from '#features/approvals/web/index.ts'
import { RuleInWords, useVocabulary } from '#features/rules/web/index.ts'
import type { ApprovalContentProps } from '#platform/web/feature.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { useText } from '#platform/web/text.ts'
import type { ChangeTag } from '../common/tag.ts'
import { catalogueText } from './catalogue-text.ts'
import { definitionRows } from './definition-rows.ts'

type Body = { key: string; definition: ChangeTag }

/** What is approved of a tag: its definition, and what it rests on. */
export function TagContent({ content, previous, references }: ApprovalContentProps) {
  const t = useText(catalogueText)
  const format = useFormat()
  const language = useLanguage()
  const { names } = useVocabulary()
  const { definition } = content as Body
  const [before, after] = useMemo(() => {
    const reader = { names, language, format }
    const old = previous as Body | null
    return [old ? definitionRows(old.definition, reader) : null, definitionRows(definition, reader)]
  }, [definition, previous, names, language, format])
  const { source } = definition
  return (
    <>
      <ContentDiff
        before={before}
        after={after}
        show={({ key }) =>
          key === 'source' && 'rule' in source ? <RuleInWords rule={source.rule} /> : undefined
        }
      />
      {references.length > 0 && (
        <Card size="small" title={t.restsOn}>
          <Flex gap={8} wrap>
            {references.map(({ kind, key }) => (
              <Tag key={`${kind} ${key}`}>
                {(kind === 'segment' ? names.segment(key) : names.tag(key)?.name) ?? key}
              </Tag>
            ))}
          </Flex>
        </Card>
      )}
    </>
  )
}
