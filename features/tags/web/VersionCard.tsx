import { useQuery } from '@tanstack/react-query'
import { Card, Collapse } from 'antd'
import { DiffTable, diffRows } from '#features/approvals/web/index.ts'
import { useVocabulary } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { ChangeTag } from '../common/tag.ts'
import { catalogueText } from './catalogue-text.ts'
import { definitionRows } from './definition-rows.ts'

type Version = { version: number; definition: ChangeTag; changedBy: string; at: string }

/** Every version of a tag, each with what differs from the one before, in words. */
export function VersionCard({ tagKey }: { tagKey: string }) {
  const t = useText(catalogueText)
  const format = useFormat()
  const versions = useQuery({
    queryKey: ['/api/tags', tagKey, 'versions'],
    queryFn: ({ signal }) =>
      api.get<{ items: Version[] }>(pathOf`/api/tags/${tagKey}/versions`, undefined, signal),
  })
  return (
    <Card size="small" title={t.versions} data-testid="tag-versions">
      <Loaded query={versions} rows={3}>
        {({ items }) => (
          <Collapse
            size="small"
            items={items.map((one, index) => ({
              key: one.version,
              label: t.versionLine(one.version, one.changedBy, format.time(one.at)),
              children: <Changes version={one} before={items[index + 1]} />,
            }))}
          />
        )}
      </Loaded>
    </Card>
  )
}

function Changes({ version, before }: { version: Version; before: Version | undefined }) {
  const t = useText(catalogueText)
  const format = useFormat()
  const language = useLanguage()
  const { names } = useVocabulary()
  const reader = { names, language, format }
  if (!before) return <span className="quiet">{t.firstVersion}</span>
  const rows = diffRows(definitionRows(before.definition, reader), definitionRows(version.definition, reader))
  return <DiffTable rows={rows.filter((row) => row.isChanged)} before={t.before} after={t.after} />
}
