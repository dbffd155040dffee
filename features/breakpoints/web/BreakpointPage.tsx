import { useQuery } from '@tanstack/react-query'
import { Button, Card, Flex, Input, Select } from 'antd'
import { useState } from 'react'
import { type Cell, CellPanel, useAnalysis } from '#features/value/web/index.ts'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters } from '#platform/web/use-list.ts'
import type { BreakpointCell, Breakpoints, Flow } from '../common/flow.ts'
import { breakpointText } from './breakpoint-text.ts'
import { FlowForm } from './FlowForm.tsx'
import { ReasonCard } from './ReasonCard.tsx'
import { GroupCard, ReturnCard } from './ReturnCard.tsx'
import { StepCard } from './StepCard.tsx'

export type OnOpen = (title: string, cell: BreakpointCell) => void

/** Where customers stop, flow by flow. */
export function BreakpointPage() {
  const t = useText(breakpointText)
  const may = useMay()
  const filters = useFilters(['flow', 'days', 'by'])
  const [form, setForm] = useState<'new' | 'edit' | null>(null)
  const flows = useQuery({
    queryKey: ['/api/flows'],
    queryFn: ({ signal }) => api.get<Page<Flow>>('/api/flows', { limit: 500 }, signal),
  })
  const items = flows.data?.items ?? []
  const flow = items.find(({ key }) => key === filters.values.flow) ?? items[0]
  const create = may('metric.write') && <Button onClick={() => setForm('new')}>{t.create}</Button>
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={t.title}
        description={t.hint}
        actions={
          <>
            {flow && may('metric.write') && <Button onClick={() => setForm('edit')}>{t.edit}</Button>}
            {create}
          </>
        }
      />
      <Loaded query={flows}>
        {() =>
          flow ? (
            <FlowView flow={flow} flows={items} filters={filters} />
          ) : (
            <EmptyState title={t.none} hint={t.noneHint} action={create} />
          )
        }
      </Loaded>
      <FlowForm
        flow={form === 'edit' ? flow : undefined}
        open={form !== null}
        onClose={() => setForm(null)}
      />
    </Flex>
  )
}

type Filters = ReturnType<typeof useFilters<'flow' | 'days' | 'by'>>

function FlowView({ flow, flows, filters }: { flow: Flow; flows: readonly Flow[]; filters: Filters }) {
  const t = useText(breakpointText)
  const pick = usePick()
  const [cell, setCell] = useState<Cell | null>(null)
  const { days, by } = filters.values
  const query = { flow: flow.key, period: { days: Number(days) || 30 }, ...(by ? { by: { prop: by } } : {}) }
  const found = useAnalysis<Breakpoints>('breakpoints', query)
  const open: OnOpen = (title, of) => setCell({ title, kind: 'breakpoints', query, cell: of })
  return (
    <Flex vertical gap={16}>
      <Card size="small">
        <Flex gap={12} wrap>
          <Select
            aria-label={t.flow}
            style={{ width: 220 }}
            value={flow.key}
            onChange={(key: string) => filters.set({ flow: key })}
            options={flows.map((one) => ({ value: one.key, label: pick(one.name) }))}
          />
          <Select
            aria-label={t.within}
            style={{ width: 140 }}
            value={Number(days) || 30}
            onChange={(n: number) => filters.set({ days: String(n) })}
            options={[1, 7, 30, 90].map((n) => ({ value: n, label: t.days(n) }))}
          />
          <Input.Search
            allowClear
            aria-label={t.by}
            placeholder={`${t.by}（${t.byHint}）`}
            defaultValue={by}
            onSearch={(text) => filters.set({ by: text.trim() })}
            style={{ width: 260 }}
          />
        </Flex>
      </Card>
      <Loaded query={found}>
        {(answer) => (
          <Flex vertical gap={16}>
            <Numbers answer={answer} onOpen={open} />
            <StepCard flow={flow} answer={answer} onOpen={open} />
            <div className="card-grid">
              <ReasonCard answer={answer} onOpen={open} />
              <ReturnCard answer={answer} onOpen={open} />
              {by && <GroupCard answer={answer} />}
            </div>
          </Flex>
        )}
      </Loaded>
      <CellPanel cell={cell} onClose={() => setCell(null)} />
    </Flex>
  )
}

function Numbers({ answer, onOpen }: { answer: Breakpoints; onOpen: OnOpen }) {
  const t = useText(breakpointText)
  const format = useFormat()
  const { returns, asOf } = answer
  const figures = [
    {
      label: t.attempts,
      hint: t.attemptsHint,
      count: answer.attempts,
      of: answer.attempts,
      state: 'attempted',
    },
    {
      label: t.completed,
      hint: t.completedHint,
      count: answer.completed,
      of: answer.attempts,
      state: 'completed',
    },
    {
      label: t.stopped,
      hint: t.stoppedHint(answer.flow.inactivityMinutes),
      count: returns.stopped,
      of: answer.attempts,
      state: 'stopped',
    },
    {
      label: t.cameBack,
      hint: t.cameBackHint,
      count: returns.cameBack,
      of: returns.stopped,
      state: 'cameBack',
    },
    {
      label: t.finished,
      hint: t.cameBackHint,
      count: returns.finished,
      of: returns.stopped,
      state: 'finished',
    },
  ] as const
  return (
    <div className="stat-grid">
      {figures.map(({ label, hint, count, of, state }) => (
        <Stat
          key={label}
          label={label}
          definition={hint}
          asOf={asOf}
          note={state === 'attempted' ? t.customers(format.number(answer.customers)) : format.rate(count, of)}
          value={
            <Button
              type="link"
              style={{ padding: 0, height: 'auto', fontSize: 'inherit' }}
              onClick={() => onOpen(label, { state })}
            >
              {format.number(count)}
            </Button>
          }
        />
      ))}
    </div>
  )
}
