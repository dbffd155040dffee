import { useQueryClient } from '@tanstack/react-query'
import { Button, Select, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api, pathOf } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { JobProgress } from '#platform/web/JobProgress.tsx'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { useMarks } from '#platform/web/marks.ts'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { BulkResult, Reject } from '../common/reject.ts'
import { useSources } from './ingest-queries.ts'
import { rejectNames } from './ingest-text.ts'
import { ReasonDialog } from './ReasonDialog.tsx'
import { RejectChart } from './RejectChart.tsx'
import { rejectText } from './reject-text.ts'

const stateColors = { open: 'warning', replayed: 'success', dismissed: 'default' } as const
const stateNames = ['open', 'replayed', 'dismissed', 'all'] as const

/** What was refused: filtered, opened one by one, or dealt with all at once. */
export function RejectListPage() {
  const t = useText(rejectText)
  const may = useMay()
  const navigate = useNavigate()
  const filters = useFilters(['source', 'code', 'event', 'state'])
  const { source, code, event, state } = filters.values
  const list = useList<Reject>('/api/rejects', { source, code, event, state: state || 'open' })
  const columns = useColumns()
  const isOpenList = state === '' || state === 'open'
  return (
    <ListPage
      title={t.rejects}
      description={t.rejectsHint}
      actions={
        may('reject.write') &&
        isOpenList && <BulkActions filter={{ source, code, event }} isEmpty={list.items.length === 0} />
      }
      filters={<Filters values={filters.values} set={filters.set} />}
    >
      <RejectChart source={source} code={code} event={event} />
      <DataTable<Reject>
        list={list}
        columns={columns}
        rowKey={(row) => row.rejectId}
        label={t.rejects}
        empty={<EmptyState title={t.none} hint={t.noneHint} />}
        isFiltered={filters.isFiltered}
        onClearFilters={filters.clear}
        onRow={({ rejectId }) => navigate(pathOf`/rejects/${rejectId}`)}
        minWidth={760}
      />
    </ListPage>
  )
}

type Values = Record<'source' | 'code' | 'event' | 'state', string>

function Filters({ values, set }: { values: Values; set: (changes: Partial<Values>) => void }) {
  const t = useText(rejectText)
  const pick = usePick()
  const sources = useSources()
  const select = (
    name: 'source' | 'code' | 'state',
    label: string,
    options: { value: string; label: string }[],
  ) => (
    <Select
      aria-label={label}
      style={{ width: 180, maxWidth: '100%' }}
      value={values[name]}
      showSearch={{ optionFilterProp: 'label' }}
      options={options}
      onChange={(value: string) => set({ [name]: value })}
    />
  )
  return (
    <>
      <SearchBox label={t.search} value={values.event} onChange={(event) => set({ event })} width={200} />
      {select('source', t.source, [
        { value: '', label: t.anySource },
        ...(sources.data?.items ?? []).map(({ source, name }) => ({
          value: source,
          label: name ? pick(name) : source,
        })),
      ])}
      {select('code', t.reason, [
        { value: '', label: t.anyReason },
        ...Object.entries(rejectNames).map(([value, name]) => ({ value, label: pick(name) })),
      ])}
      {select(
        'state',
        t.state,
        stateNames.map((name) => ({ value: name === 'open' ? '' : name, label: t[name] })),
      )}
    </>
  )
}

type BulkFilter = Record<'source' | 'code' | 'event', string>

function BulkActions({ filter, isEmpty }: { filter: BulkFilter; isEmpty: boolean }) {
  const t = useText(rejectText)
  const format = useFormat()
  const { labelled } = useMarks()
  const queries = useQueryClient()
  const [open, setOpen] = useState<'replay' | 'dismiss'>()
  const [jobId, setJobId] = useState<string>()
  const [result, setResult] = useState<BulkResult>()
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''))
  const words = Object.values(given).join(' · ') || t.whole
  const texts = {
    replay: [t.replayAllTitle, t.replayAllHint, t.replayAll],
    dismiss: [t.dismissAllTitle, t.dismissAllHint, t.dismissAll],
  } as const
  const [title, hint, action] = texts[open ?? 'replay']
  const count = (value: number) => format.number(value)
  return (
    <>
      {jobId && (
        <JobProgress
          jobId={jobId}
          title={t.job}
          onEnd={(job) => {
            setResult(job.result as BulkResult | undefined)
            void queries.invalidateQueries({ queryKey: ['/api/rejects'] })
          }}
        />
      )}
      {result && (
        <span className="small" role="status">
          {t.jobResult(
            count(result.replayed),
            count(result.refused),
            count(result.skipped),
            count(result.dismissed),
          )}
        </span>
      )}
      <Button disabled={isEmpty} onClick={() => setOpen('dismiss')}>
        {t.dismissAll}
      </Button>
      <Button
        type="primary"
        disabled={isEmpty}
        onClick={() => setOpen('replay')}
        data-testid="rejects-replay"
      >
        {t.replayAll}
      </Button>
      {open && (
        <ReasonDialog<{ jobId: string }>
          title={title}
          hint={hint}
          action={action}
          isDangerous={open === 'dismiss'}
          onClose={() => setOpen(undefined)}
          onDone={(answer) => {
            setOpen(undefined)
            setResult(undefined)
            setJobId(answer.jobId)
          }}
          run={(reason) => api.post(pathOf`/api/rejects/${open}`, { filter: given, reason })}
        >
          <span>{labelled(t.filterLabel, words)}</span>
        </ReasonDialog>
      )}
    </>
  )
}

function useColumns(): TableColumnsType<Reject> {
  const t = useText(rejectText)
  const pick = usePick()
  const format = useFormat()
  return [
    {
      title: t.receivedAt,
      key: 'receivedAt',
      width: 128,
      render: (_, { receivedAt, rejectId }) => (
        <Link to={pathOf`/rejects/${rejectId}`} title={format.exactTime(receivedAt)}>
          {format.exactTime(receivedAt).slice(5)}
        </Link>
      ),
    },
    {
      title: t.reason,
      key: 'reason',
      render: (_, { code, path }) => (
        <div>
          {rejectNames[code] ? pick(rejectNames[code]) : code}
          {path && <code className="quiet small"> {path}</code>}
        </div>
      ),
    },
    {
      title: t.event,
      key: 'event',
      render: (_, { event, source, protocol }) => (
        <div>
          <strong>{event || '–'}</strong>
          <div className="quiet small">{[source, protocol].filter(Boolean).join(' · ')}</div>
        </div>
      ),
    },
    {
      title: t.state,
      key: 'state',
      width: 120,
      render: (_, { state, attempts, lastCode }) => (
        <div>
          <Tag color={stateColors[state]}>{t[state]}</Tag>
          {attempts > 0 && lastCode && (
            <div className="quiet small">
              {rejectNames[lastCode] ? pick(rejectNames[lastCode]) : lastCode}
            </div>
          )}
        </div>
      ),
    },
  ]
}
