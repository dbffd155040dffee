import { Alert, Tag as Badge, Card, Descriptions, Flex } from 'antd'
import { Link, useParams } from 'react-router'
import { UsesCard } from '#features/rules/web/index.ts'
import { pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { Tag } from '../common/tag.ts'
import { useDirectories, useTag } from './catalogue-queries.ts'
import { catalogueText, tagStateColors, tagStateNames } from './catalogue-text.ts'
import { LineageCard } from './LineageCard.tsx'
import { SourceInWords } from './SourceInWords.tsx'
import { kindNames, kindOf } from './source-words.ts'
import { TagActions } from './TagActions.tsx'
import { TagAlertList } from './TagAlertList.tsx'
import { TagDistribution } from './TagDistribution.tsx'
import { TagNotes } from './TagNotes.tsx'
import { classNames, refreshWords, tagText, typeNames } from './tag-text.ts'
import { VersionCard } from './VersionCard.tsx'
import './tags.css'

export function TagPage() {
  const { key = '' } = useParams()
  const tag = useTag(key)
  return <Loaded query={tag}>{(data) => <TagDetail tag={data} />}</Loaded>
}

function TagDetail({ tag }: { tag: Tag }) {
  const t = useText(tagText)
  const c = useText(catalogueText)
  const pick = usePick()
  const format = useFormat()
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={pick(tag.name)}
        back="/tags"
        tags={
          <>
            <Badge>{tag.key}</Badge>
            <Badge>{t.version(tag.version)}</Badge>
            <Badge color={tagStateColors[tag.state]} data-testid="tag-state" data-state={tag.state}>
              {pick(tagStateNames[tag.state])}
            </Badge>
            {tag.class === 'C2' && <Badge color="warning">{pick(classNames.C2)}</Badge>}
            {tag.isExpired && <Badge color="error">{c.expired}</Badge>}
            {tag.lastError && <Badge color="error">{t.failed}</Badge>}
          </>
        }
        description={tag.description}
        actions={<TagActions tag={tag} />}
      />
      <TagNotes tag={tag} />
      {tag.lastError && (
        <Alert
          type="warning"
          showIcon
          title={`${t.failed}${tag.lastAttemptAt ? ` · ${format.time(tag.lastAttemptAt)}` : ''}`}
          description={`${t.failedHint} ${t.reason} ${tag.lastError}`}
        />
      )}
      <TagAlertList tagKey={tag.key} />
      <div className="card-grid">
        {tag.state === 'published' ? <TagDistribution tag={tag} /> : null}
        <Card size="small" title={t.definition}>
          <Flex vertical gap={12}>
            <SourceInWords source={tag.source} />
            <Facts tag={tag} />
          </Flex>
        </Card>
      </div>
      <LineageCard tagKey={tag.key} />
      <div className="card-grid">
        <UsesCard path={pathOf`/api/tags/${tag.key}`} />
        <VersionCard tagKey={tag.key} />
      </div>
    </Flex>
  )
}

function Facts({ tag }: { tag: Tag }) {
  const t = useText(tagText)
  const c = useText(catalogueText)
  const pick = usePick()
  const format = useFormat()
  const directories = useDirectories()
  const folders = tag.directory.map((key) => {
    const found = directories.data?.items.find((one) => one.key === key)
    return found ? pick(found.name) : key
  })
  return (
    <Descriptions
      size="small"
      column={1}
      items={[
        {
          key: 'type',
          label: t.type,
          children: `${pick(typeNames[tag.type])}${tag.unit && `（${tag.unit}）`}`,
        },
        { key: 'source', label: t.source, children: pick(kindNames[kindOf(tag.source)]) },
        { key: 'class', label: t.class, children: pick(classNames[tag.class]) },
        {
          key: 'directory',
          label: c.directory,
          children:
            folders.length === 0 ? (
              c.outside
            ) : (
              <Link to={`/tags?directory=${tag.directory.at(-1)}`}>{folders.join(' / ')}</Link>
            ),
        },
        {
          key: 'every',
          label: t.refreshEvery,
          children: pick(refreshWords(tag.refreshEveryMinutes, tag.streaming)),
        },
        {
          key: 'refreshed',
          label: t.refreshed,
          children: tag.refreshedAt
            ? `${format.time(tag.refreshedAt)}（${format.ago(tag.refreshedAt)}）`
            : t.neverRefreshed,
        },
        ...(tag.expiresAt
          ? [{ key: 'expires', label: c.expires, children: format.time(tag.expiresAt) }]
          : []),
        { key: 'owner', label: c.owner, children: tag.owner },
      ]}
    />
  )
}
