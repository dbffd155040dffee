import { useQuery } from '@tanstack/react-query'
import { Tag as Badge, Checkbox, Flex, Progress, type TableColumnsType, Tooltip } from 'antd'
import { Link } from 'react-router'
import { api } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMay } from '#platform/web/session.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { TagListItem } from '../common/tag.ts'
import { catalogueText, tagStateColors, tagStateNames } from './catalogue-text.ts'
import { kindNames, kindOf } from './source-words.ts'
import { TinyDistribution } from './TinyDistribution.tsx'
import { refreshWords, tagText, typeNames } from './tag-text.ts'

type Choice = { chosen: readonly string[]; onChoose: (keys: string[]) => void }

/** Columns of the list of tags; with a choice, a box to tick first. */
export function useTagColumns(choice: Choice | undefined): TableColumnsType<TagListItem> {
  const t = useText(tagText)
  const c = useText(catalogueText)
  const pick = usePick()
  const format = useFormat()
  const base = useCustomerCount()
  return [
    ...(choice ? [choiceColumn(choice)] : []),
    { title: t.name, key: 'name', width: 240, render: (_, tag) => <TagName tag={tag} /> },
    {
      title: t.source,
      key: 'source',
      width: 120,
      render: (_, tag) => (
        <Flex vertical>
          <span>{pick(kindNames[kindOf(tag.source)])}</span>
          <span className="quiet small">{pick(typeNames[tag.type])}</span>
        </Flex>
      ),
    },
    {
      title: t.coverage,
      key: 'coverage',
      width: 132,
      render: (_, tag) => <Coverage count={tag.coverage} base={base} />,
    },
    {
      title: t.distribution,
      key: 'distribution',
      width: 104,
      render: (_, tag) => <TinyDistribution counts={tag.counts} />,
    },
    {
      title: t.refreshed,
      key: 'refreshed',
      width: 136,
      render: (_, tag) => (
        <Flex vertical>
          {tag.refreshedAt ? (
            <Tooltip title={format.time(tag.refreshedAt)}>{format.ago(tag.refreshedAt)}</Tooltip>
          ) : (
            <span className="quiet">{t.neverRefreshed}</span>
          )}
          <span className="quiet small">{pick(refreshWords(tag.refreshEveryMinutes, tag.streaming))}</span>
        </Flex>
      ),
    },
    {
      title: c.cost,
      key: 'cost',
      width: 88,
      align: 'right',
      render: (_, { lastDurationMs }) =>
        lastDurationMs === null ? '–' : c.milliseconds(format.number(Math.round(lastDurationMs))),
    },
    { title: c.owner, key: 'owner', width: 88, dataIndex: 'owner' },
  ]
}

const choiceColumn = ({ chosen, onChoose }: Choice): TableColumnsType<TagListItem>[number] => ({
  title: '',
  key: 'choose',
  width: 36,
  render: (_, { key, name }) => (
    <Checkbox
      aria-label={name.zh}
      checked={chosen.includes(key)}
      onChange={({ target }) =>
        onChoose(target.checked ? [...chosen, key] : chosen.filter((one) => one !== key))
      }
    />
  ),
})

function TagName({ tag }: { tag: TagListItem }) {
  const t = useText(tagText)
  const c = useText(catalogueText)
  const pick = usePick()
  return (
    <Flex vertical>
      <Flex gap={6} align="center" wrap>
        <Link to={`/tags/${tag.key}`}>{pick(tag.name)}</Link>
        {tag.class === 'C2' && <Badge color="warning">C2</Badge>}
        {tag.state !== 'published' && (
          <Badge color={tagStateColors[tag.state]}>{pick(tagStateNames[tag.state])}</Badge>
        )}
        {tag.proposal && <Badge color="gold">{c.changing}</Badge>}
        {tag.isExpired && <Badge color="error">{c.expired}</Badge>}
        {tag.openAlerts > 0 && <Badge color="error">{c.alerts(tag.openAlerts)}</Badge>}
        {tag.lastError && (
          <Tooltip title={t.failedHint}>
            <Badge color="error">{t.failed}</Badge>
          </Tooltip>
        )}
      </Flex>
      <span className="quiet small">{tag.key}</span>
    </Flex>
  )
}

/** A bar of how many customers have a value; only with a number where the base is known. */
function Coverage({ count, base }: { count: number | null; base: number | undefined }) {
  const t = useText(tagText)
  const format = useFormat()
  if (count === null) return <span className="quiet">–</span>
  return (
    <Tooltip title={`${t.coverageHint}：${base ? format.rate(count, base) : format.number(count)}`}>
      <Flex vertical>
        <span>{format.number(count)}</span>
        {base !== undefined && base > 0 && (
          <Progress
            percent={Math.min(100, (count / base) * 100)}
            status="normal"
            showInfo={false}
            size={{ height: 4 }}
            aria-label={t.coverage}
          />
        )}
      </Flex>
    </Tooltip>
  )
}

/** Customers in the reader's scope: the base of coverage bars. */
function useCustomerCount(): number | undefined {
  const may = useMay()
  const count = useQuery({
    queryKey: ['/api/customers/count'],
    queryFn: ({ signal }) => api.get<{ count: number }>('/api/customers/count', undefined, signal),
    enabled: may('customer.read'),
    staleTime: 300_000,
  })
  return count.data?.count
}
