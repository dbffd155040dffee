import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Segmented, Spin, Tag } from 'antd'
import { type FormEvent, useState } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { EmptyState, ErrorState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { AnswerFrame } from '../common/frame.ts'
import { AddToDashboard } from './AddToDashboard.tsx'
import { type AnalysisView, analysisViews, findAnalysisView } from './analysis-view.ts'
import { CustomersDrawer, type OpenCell } from './CustomersDrawer.tsx'
import { insightText } from './insight-text.ts'
import { PanelCard } from './PanelCard.tsx'
import './insight.css'

type Question = Record<string, unknown>

function readQuestion(text: string | null): Question | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? (value as Question) : undefined
  } catch {
    return undefined
  }
}

/** One analysis: its question on the left, its answer on the right; the address holds the question. */
export function AnalysisPage() {
  const { kind = 'trend' } = useParams()
  const view = findAnalysisView(kind)
  const t = useText(insightText)
  if (!view) return <EmptyState title={t.start} />
  return <Workbench key={kind} view={view} />
}

function Workbench({ view }: { view: AnalysisView }) {
  const t = useText(insightText)
  const pick = usePick()
  const navigate = useNavigate()
  const [search, setSearch] = useSearchParams()
  const asked = readQuestion(search.get('q'))
  const [draft, setDraft] = useState<Question>(() => ({ ...view.start, ...asked }))
  const [stoppedAt, setStoppedAt] = useState<string | null>(null)
  const text = search.get('q')
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    setStoppedAt(null)
    setSearch({ q: JSON.stringify(draft) })
  }
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={pick(view.label)}
        description={pick(view.hint)}
        actions={
          <>
            <Button onClick={() => void navigate('/insight/dashboards')}>{t.dashboards}</Button>
            {asked && <AddToDashboard view={view} query={asked} />}
          </>
        }
      />
      <div className="insight-kinds">
        <Segmented
          value={view.kind}
          aria-label={t.insight}
          onChange={(kind) => void navigate(pathOf`/insight/${kind}`)}
          options={analysisViews().map(({ kind, label }) => ({ value: kind, label: pick(label) }))}
        />
      </div>
      <div className="insight-grid">
        <Card size="small">
          <form className="insight-form" onSubmit={submit}>
            <view.Form value={draft} onChange={setDraft} />
            <Button type="primary" htmlType="submit" block data-testid="insight-run">
              {t.run}
            </Button>
          </form>
        </Card>
        <div style={{ minWidth: 0 }}>
          {asked && stoppedAt !== text ? (
            <Answer key={text} view={view} query={asked} onStop={() => setStoppedAt(text)} />
          ) : asked ? (
            <Alert type="info" showIcon title={t.stopped} />
          ) : (
            <EmptyState
              title={t.start}
              hint={t.startHint}
              action={<Button onClick={() => submit()}>{t.run}</Button>}
            />
          )}
        </div>
      </div>
    </Flex>
  )
}

function Answer({ view, query, onStop }: { view: AnalysisView; query: Question; onStop: () => void }) {
  const t = useText(insightText)
  const answer = useAnswer(view.kind, query)
  if (answer.isPending)
    return (
      <Flex vertical align="center" gap={12} style={{ padding: 48 }} role="status">
        <Spin />
        <strong>{t.running}</strong>
        <span className="quiet">{t.runningHint}</span>
        <Button onClick={onStop}>{t.stop}</Button>
      </Flex>
    )
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
  return <AnswerPanels view={view} query={query} answer={answer.data} />
}

/** The answer to a question; leaving or stopping ends the engine's work as well. */
export const useAnswer = (kind: string, query: Question) =>
  useQuery({
    queryKey: ['/api/insight', kind, query],
    queryFn: ({ signal }) => api.post<AnswerFrame>(pathOf`/api/insight/${kind}`, query, signal),
    staleTime: 60_000,
    retry: false,
  })

/** All pictures of an answer, with its as-of time, exactness and base. */
export function AnswerPanels(props: {
  view: AnalysisView
  query: Question
  answer: AnswerFrame
  isCompact?: boolean
}) {
  const t = useText(insightText)
  const language = useLanguage()
  const format = useFormat()
  const [open, setOpen] = useState<OpenCell | null>(null)
  const { view, answer } = props
  const query = { ...view.start, ...props.query }
  const panels = view.panels(answer, query, { language, format })
  const shown = props.isCompact ? panels.slice(0, 1) : panels
  return (
    <Flex vertical gap={16}>
      <Flex gap={8} wrap align="center" className="quiet small">
        <Tag color={answer.exact ? 'green' : 'orange'}>{answer.exact ? t.exact : t.approximate}</Tag>
        <span>{t.base(format.number(answer.base))}</span>
        <span>{format.time(answer.asOf)}</span>
      </Flex>
      {shown.map((panel) => (
        <PanelCard
          key={panel.key}
          panel={panel}
          asOf={answer.asOf}
          isCompact={props.isCompact ?? false}
          onCell={(cell, what) => setOpen({ kind: view.kind, query: props.query, cell, what })}
        />
      ))}
      {panels.length === 0 && <EmptyState title={t.nobody} />}
      <CustomersDrawer open={open} onClose={() => setOpen(null)} />
    </Flex>
  )
}
