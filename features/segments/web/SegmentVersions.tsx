import { useQuery } from '@tanstack/react-query'
import { Card, Flex, Timeline } from 'antd'
import type { Rule } from '#features/rules/common/rule.ts'
import { ruleWords, useVocabulary } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { segmentText } from './segment-text.ts'
import { sharingText } from './sharing-text.ts'
import { lineDifference, linesOf } from './version-difference.ts'

type Version = {
  version: number
  definition: { name: string; description: string; rule: Rule }
  changedBy: string
  at: string
}

/** Versions of a segment, newest first, each with what it changed in plain words. */
export function SegmentVersions({ segmentKey }: { segmentKey: string }) {
  const t = useText(segmentText)
  const format = useFormat()
  const path = pathOf`/api/segments/${segmentKey}`
  const versions = useQuery({
    queryKey: [path, 'versions'],
    queryFn: ({ signal }) => api.get<{ items: Version[] }>(`${path}/versions`, undefined, signal),
  })
  return (
    <Card size="small" title={t.versions}>
      <Loaded query={versions} rows={2}>
        {({ items }) => (
          <Timeline
            items={items.map((version, index) => ({
              key: version.version,
              content: (
                <>
                  <Flex gap={8} wrap>
                    <strong>{t.version(version.version)}</strong>
                    <span className="quiet">{`${version.changedBy} · ${format.time(version.at)}`}</span>
                  </Flex>
                  <Changes version={version} before={items[index + 1]} />
                </>
              ),
            }))}
          />
        )}
      </Loaded>
    </Card>
  )
}

function Changes({ version, before }: { version: Version; before: Version | undefined }) {
  const t = useText(sharingText)
  const language = useLanguage()
  const { names } = useVocabulary()
  if (!before) return <div className="quiet small">{t.firstVersion}</div>
  const lines = ({ definition }: Version) => [
    definition.name,
    ...(definition.description ? [definition.description] : []),
    ...linesOf(ruleWords(definition.rule, names, language)),
  ]
  const changed = lineDifference(lines(before), lines(version)).filter(({ kind }) => kind !== 'same')
  if (changed.length === 0) return <div className="quiet small">{t.noChange}</div>
  return (
    <ul className="version-diff small">
      {changed.map(({ kind, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
        <li key={index}>{kind === 'added' ? <ins>+ {text}</ins> : <del>{text}</del>}</li>
      ))}
    </ul>
  )
}
