import { useMutation, useQueryClient } from '@tanstack/react-query'
import {
  App,
  Tag as Badge,
  Button,
  Flex,
  Popconfirm,
  Progress,
  Select,
  type TableColumnsType,
  Tooltip,
} from 'antd'
import { Link, useNavigate } from 'react-router'
import { api } from '#platform/web/api.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { ListPage } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { TagRun } from '../common/tag-run.ts'
import { TagAlertList } from './TagAlertList.tsx'
import { runStateColors, runStateNames, tagRunText } from './tag-run-text.ts'

const states = ['queued', 'running', 'done', 'failed', 'cancelled'] as const

/** Runs over tags with their progress and cost, and what has to be looked at. */
export function TagRunsPage() {
  const t = useText(tagRunText)
  const pick = usePick()
  const navigate = useNavigate()
  const filters = useFilters(['state'])
  const list = useList<TagRun>('/api/tag-runs', filters.values)
  return (
    <ListPage
      title={t.runs}
      description={t.runsHint}
      actions={<StartButtons />}
      notice={<TagAlertList />}
      filters={
        <Select
          aria-label={t.state}
          style={{ minWidth: 128 }}
          value={filters.values.state}
          onChange={(state) => filters.set({ state })}
          options={[
            { value: '', label: t.allStates },
            ...states.map((state) => ({ value: state, label: pick(runStateNames[state]) })),
          ]}
        />
      }
    >
      <DataTable
        label={t.runs}
        list={list}
        columns={useColumns()}
        rowKey={(run) => run.runId}
        isFiltered={filters.isFiltered}
        onClearFilters={filters.clear}
        onRow={(run) => void navigate(`/tag-runs/${run.runId}`)}
        minWidth={900}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} action={<StartButtons />} />}
      />
    </ListPage>
  )
}

function StartButtons() {
  const t = useText(tagRunText)
  const may = useMay()
  const { message } = App.useApp()
  const words = useErrorWords()
  const client = useQueryClient()
  const start = useMutation({
    mutationFn: (mode: TagRun['mode']) => api.post('/api/tag-runs', { all: true, mode }),
    onSuccess: () => {
      void message.success(t.started)
      void client.invalidateQueries({ queryKey: ['/api/tag-runs'] })
    },
    onError: (error) => void message.error(words(error)),
  })
  if (!may('tag.write')) return null
  return (
    <>
      <Popconfirm title={t.sure} description={t.sureFull} onConfirm={() => start.mutate('full')}>
        <Button disabled={start.isPending}>{t.runFull}</Button>
      </Popconfirm>
      <Button
        type="primary"
        data-testid="run-incremental"
        loading={start.isPending}
        onClick={() => start.mutate('incremental')}
      >
        {t.runIncremental}
      </Button>
    </>
  )
}

function useColumns(): TableColumnsType<TagRun> {
  const t = useText(tagRunText)
  const format = useFormat()
  return [
    {
      ...{ title: t.when, key: 'when', width: 150 },
      render: (_, run) => (
        <Link to={`/tag-runs/${run.runId}`}>{format.time(run.startedAt ?? run.createdAt)}</Link>
      ),
    },
    { title: t.state, key: 'state', width: 210, render: (_, run) => <RunProgress run={run} /> },
    { title: t.mode, key: 'mode', width: 80, render: (_, run) => t[run.mode] },
    {
      ...{ title: t.by, key: 'by', width: 100 },
      render: (_, run) => (run.startedBy === 'schedule' ? t.schedule : run.startedBy),
    },
    { title: t.tags, key: 'tags', width: 80, align: 'right', render: (_, run) => format.number(run.tags) },
    {
      ...{ title: t.duration, key: 'duration', width: 100, align: 'right' },
      render: (_, run) => t.seconds(format.number(Math.round(run.durationMs / 100) / 10)),
    },
    {
      title: t.rows,
      key: 'rows',
      width: 110,
      align: 'right',
      render: (_, run) => format.compact(run.rowsRead),
    },
    {
      title: t.bytes,
      key: 'bytes',
      width: 110,
      align: 'right',
      render: (_, run) => format.bytes(run.bytesRead),
    },
  ]
}

/** State and how far a run is. */
export function RunProgress({ run }: { run: TagRun }) {
  const t = useText(tagRunText)
  const pick = usePick()
  const percent = run.steps > 0 ? (100 * run.stepsDone) / run.steps : 0
  return (
    <Flex vertical gap={2}>
      <Flex gap={6} align="center" wrap>
        <Badge color={runStateColors[run.state]}>{pick(runStateNames[run.state])}</Badge>
        {run.stepsFailed > 0 && <Badge color="error">{t.stepsFailed(run.stepsFailed)}</Badge>}
        {run.error && (
          <Tooltip title={run.error}>
            <Badge color="error">{t.error}</Badge>
          </Tooltip>
        )}
      </Flex>
      {run.state === 'running' && (
        <>
          <Progress percent={percent} showInfo={false} size={{ height: 4 }} aria-label={t.steps} />
          <span className="quiet small">{t.stepsOf(run.stepsDone, run.steps)}</span>
        </>
      )}
    </Flex>
  )
}
