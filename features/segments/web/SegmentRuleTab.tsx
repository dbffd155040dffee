import { Collapse, Descriptions, Flex, Typography } from 'antd'
import { Link } from 'react-router'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleKeys } from '#features/rules/common/walk-rule.ts'
import { RuleInWords, UsesCard, useVocabulary } from '#features/rules/web/index.ts'
import { pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Segment } from '../common/segment.ts'
import { SegmentVersions } from './SegmentVersions.tsx'
import { segmentText } from './segment-text.ts'

/** The rule in words and as JSON, what it is built on, and who changed it last. */
export function SegmentRuleTab({ segment }: { segment: Segment }) {
  const t = useText(segmentText)
  const format = useFormat()
  return (
    <Flex vertical gap={16}>
      <RuleInWords rule={segment.rule} />
      <Mentions rule={segment.rule} />
      <Descriptions
        size="small"
        column={{ xs: 1, md: 3 }}
        items={[
          { key: 'version', label: t.versions, children: t.version(segment.version) },
          { key: 'by', label: t.owner, children: segment.createdBy },
          { key: 'at', label: t.updated, children: format.time(segment.updatedAt) },
        ]}
      />
      <div className="card-grid">
        <UsesCard path={pathOf`/api/segments/${segment.key}`} />
        <SegmentVersions segmentKey={segment.key} />
      </div>
      <Collapse
        size="small"
        items={[
          {
            key: 'json',
            label: 'JSON',
            children: (
              <Typography.Paragraph copyable={{ text: JSON.stringify(segment.rule) }}>
                <pre className="json">{JSON.stringify(segment.rule, null, 2)}</pre>
              </Typography.Paragraph>
            ),
          },
        ]}
      />
    </Flex>
  )
}

function Mentions({ rule }: { rule: Rule }) {
  const t = useText(segmentText)
  const { names } = useVocabulary()
  const found = ruleKeys(rule)
  const links = [
    ...[...new Set(found.tags)].map((key) => ({ to: `/tags/${key}`, name: names.tag(key)?.name ?? key })),
    ...[...new Set(found.segments)].map((key) => ({
      to: `/segments/${key}`,
      name: names.segment(key) ?? key,
    })),
  ]
  return (
    <div>
      <strong>{t.mentions}</strong>
      <Flex gap={12} wrap>
        {links.length === 0 && <span className="quiet">{t.nothingMentioned}</span>}
        {links.map(({ to, name }) => (
          <Link key={to} to={to}>
            {name}
          </Link>
        ))}
      </Flex>
    </div>
  )
}
