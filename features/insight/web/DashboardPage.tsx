import { ColumnWidthOutlined, DeleteOutlined, ReloadOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Card, Flex, Popconfirm, Select, Tag, Tooltip } from 'antd'
import type { CSSProperties } from 'react'
import { Link, useNavigate, useParams, useSearchParams } from 'react-router'
import type { Within } from '#features/rules/common/rule.ts'
import { WithinInput } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { EmptyState, ErrorState, Loaded, LoadingState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { Dashboard, DashboardCard } from '../common/dashboard.ts'
import { AnswerPanels, useAnswer } from './AnalysisPage.tsx'
import { findAnalysisView } from './analysis-view.ts'
import { insightText } from './insight-text.ts'
import './insight.css'

const all = '/api/insight/dashboards'

/** A dashboard: every card in the reader's own scope, all of them in one period if asked. */
export function DashboardPage() {
  const { key = '' } = useParams()
  const found = useQuery({
    queryKey: [all, key],
    queryFn: ({ signal }) => api.get<Dashboard>(pathOf`/api/insight/dashboards/${key}`, undefined, signal),
  })
  return <Loaded query={found}>{(dashboard) => <Board dashboard={dashboard} />}</Loaded>
}

function usePeriod(): [Within | undefined, (within: Within | undefined) => void] {
  const [search, setSearch] = useSearchParams()
  const text = search.get('period')
  const period = text ? (JSON.parse(text) as Within) : undefined
  return [period, (within) => setSearch(within ? { period: JSON.stringify(within) } : {}, { replace: true })]
}

/** Saving a changed dashboard, copying and deleting it. */
function useActions(dashboard: Dashboard) {
  const t = useText(insightText)
  const words = useErrorWords()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { message } = App.useApp()
  const path = pathOf`/api/insight/dashboards/${dashboard.key}`
  const act = async (work: () => Promise<unknown>, done: string) => {
    try {
      await work()
      await queries.invalidateQueries({ queryKey: [all] })
      void message.success(done)
    } catch (error) {
      void message.error(words(error))
    }
  }
  return {
    change: (change: Partial<Dashboard>) => {
      const { name, description, cards, sharing, roles, version } = { ...dashboard, ...change }
      return act(() => api.put(path, { name, description, cards, sharing, roles, version }), t.saved)
    },
    copy: () =>
      act(async () => {
        const key = `board-${crypto.randomUUID().slice(0, 8)}`
        await api.post(`${path}/copy`, { key, name: `${dashboard.name} (${t.copy})`.slice(0, 200) })
        void navigate(`/insight/dashboards/${key}`)
      }, t.copied),
    remove: () =>
      act(async () => {
        await api.delete(path)
        void navigate('/insight/dashboards')
      }, t.deleted),
    refresh: () => queries.invalidateQueries({ queryKey: ['/api/insight'] }),
  }
}

function Board({ dashboard }: { dashboard: Dashboard }) {
  const t = useText(insightText)
  const [period, setPeriod] = usePeriod()
  const actions = useActions(dashboard)
  const { cards, isMine } = dashboard
  const put = (nth: number, card?: DashboardCard) =>
    void actions.change({ cards: card ? cards.toSpliced(nth, 1, card) : cards.toSpliced(nth, 1) })
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={dashboard.name}
        description={dashboard.description}
        back="/insight/dashboards"
        tags={
          <Tag>{{ private: t.private, roles: t.roles, everyone: t.everyoneShared }[dashboard.sharing]}</Tag>
        }
        actions={<BoardActions dashboard={dashboard} actions={actions} />}
      />
      <Flex gap={8} align="center" wrap>
        <span className="quiet">{t.overridePeriod}</span>
        {period ? (
          <>
            <WithinInput value={period} onChange={setPeriod} />
            <Button size="small" onClick={() => setPeriod(undefined)}>
              {t.ownPeriods}
            </Button>
          </>
        ) : (
          <Button size="small" onClick={() => setPeriod({ days: 30 })}>
            {t.ownPeriods}
          </Button>
        )}
      </Flex>
      {cards.length === 0 && <EmptyState title={t.noDashboards} hint={t.noDashboardsHint} />}
      <div className="dashboard-grid">
        {[...cards.entries()]
          .sort(([, one], [, other]) => one.y - other.y || one.x - other.x)
          .map(([nth, card]) => (
            <BoardCard
              key={card.id}
              card={card}
              period={period}
              {...(isMine && { onChange: (next?: DashboardCard) => put(nth, next) })}
            />
          ))}
      </div>
    </Flex>
  )
}

function BoardActions({
  dashboard,
  actions,
}: {
  dashboard: Dashboard
  actions: ReturnType<typeof useActions>
}) {
  const t = useText(insightText)
  return (
    <>
      <Button icon={<ReloadOutlined />} onClick={() => void actions.refresh()}>
        {t.refresh}
      </Button>
      <Button onClick={() => void actions.copy()}>{t.copy}</Button>
      {dashboard.isMine && (
        <>
          <Select
            aria-label={t.sharing}
            value={dashboard.sharing}
            onChange={(sharing) =>
              void actions.change({ sharing, roles: ['hq_operator', 'branch_operator'] })
            }
            options={[
              { value: 'private', label: t.private },
              { value: 'roles', label: t.roles },
              { value: 'everyone', label: t.everyoneShared },
            ]}
          />
          <Popconfirm
            title={t.deleteSure}
            onConfirm={() => void actions.remove()}
            okText={t.delete}
            cancelText={t.cancel}
          >
            <Button danger>{t.delete}</Button>
          </Popconfirm>
        </>
      )}
    </>
  )
}

function BoardCard(props: {
  card: DashboardCard
  period: Within | undefined
  onChange?: (card?: DashboardCard) => void
}) {
  const t = useText(insightText)
  const { card, onChange } = props
  const view = findAnalysisView(card.kind)
  const query = props.period ? { ...card.query, period: props.period } : card.query
  const width = card.w >= 12 ? 6 : 12
  return (
    <Card
      size="small"
      title={card.title}
      className="dashboard-card"
      style={{ '--columns': card.w } as CSSProperties}
      extra={
        <Flex gap={0}>
          <Link to={`/insight/${card.kind}?q=${encodeURIComponent(JSON.stringify(query))}`}>
            <Button type="link" size="small">
              {t.open}
            </Button>
          </Link>
          {onChange && (
            <>
              <Tooltip title={card.w >= 12 ? t.narrower : t.wider}>
                <Button
                  type="text"
                  size="small"
                  icon={<ColumnWidthOutlined />}
                  aria-label={card.w >= 12 ? t.narrower : t.wider}
                  onClick={() => onChange({ ...card, x: 0, w: width })}
                />
              </Tooltip>
              <Tooltip title={t.removeCard}>
                <Button
                  type="text"
                  size="small"
                  icon={<DeleteOutlined />}
                  aria-label={t.removeCard}
                  onClick={() => onChange()}
                />
              </Tooltip>
            </>
          )}
        </Flex>
      }
    >
      {view ? <CardAnswer kind={card.kind} query={query} /> : <EmptyState title={card.kind} />}
    </Card>
  )
}

function CardAnswer({ kind, query }: { kind: string; query: Record<string, unknown> }) {
  const answer = useAnswer(kind, query)
  const view = findAnalysisView(kind)
  if (answer.isPending || !view) return <LoadingState rows={5} />
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
  return <AnswerPanels view={view} query={query} answer={answer.data} isCompact />
}
