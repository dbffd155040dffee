import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Tag as Badge, Button, Card, Flex, Popconfirm, Table, type TableColumnsType } from 'antd'
import { Link, useParams } from 'react-router'
import { useVocabulary } from '#features/rules/web/index.ts'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { useMay } from '#platform/web/session.tsx'
import { ErrorState, LoadingState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { TagRunDetail } from '../common/tag-run.ts'
import { stepWords } from './step-words.ts'
import { RunProgress } from './TagRunsPage.tsx'
import { runStateColors, runStateNames, tagRunText } from './tag-run-text.ts'

type RunTag = TagRunDetail['tagList'][number]
type RunStep = TagRunDetail['stepList'][number]

const isOpen = (run: TagRunDetail | undefined) => run?.state === 'queued' || run?.state === 'running'

/** One run: its steps while they are done, and what each tag cost. */
export function TagRunPage() {
  const t = useText(tagRunText)
  const { runId = '' } = useParams()
  const format = useFormat()
  const run = useQuery({
    queryKey: ['/api/tag-runs', runId],
    queryFn: ({ signal }) => api.get<TagRunDetail>(pathOf`/api/tag-runs/${runId}`, undefined, signal),
    refetchInterval: (query) => (isOpen(query.state.data) ? 1000 : false),
  })
  if (run.error) return <ErrorState error={run.error} onRetry={() => void run.refetch()} />
  if (!run.data) return <LoadingState />
  const { data } = run
  return (
    <Flex vertical gap={16}>
      <PageHeader
        title={t.runOf(runId)}
        back="/tag-runs"
        description={`${t[data.mode]} · ${format.time(data.startedAt ?? data.createdAt)}`}
        tags={<RunProgress run={data} />}
        actions={<CancelButton run={data} />}
      />
      <Flex gap={16} wrap>
        <Stat label={t.tags} definition={t.tagsMeans} value={format.number(data.tags)} />
        <Stat label={t.steps} definition={t.stepsMeans} value={t.stepsOf(data.stepsDone, data.steps)} />
        <Stat
          label={t.duration}
          definition={t.durationMeans}
          value={t.seconds(format.number(Math.round(data.durationMs / 100) / 10))}
        />
        <Stat label={t.rows} definition={t.rowsMeans} value={format.compact(data.rowsRead)} />
        <Stat label={t.bytes} definition={t.bytesMeans} value={format.bytes(data.bytesRead)} />
      </Flex>
      <StepTable steps={data.stepList} />
      <TagTable tags={data.tagList} />
    </Flex>
  )
}

function StepTable({ steps }: { steps: RunStep[] }) {
  const t = useText(tagRunText)
  const columns = useStepColumns()
  return (
    <Card size="small" title={t.steps}>
      <Table<RunStep>
        {...{ size: 'small', rowKey: 'step', columns, dataSource: steps }}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        scroll={{ x: 800 }}
      />
    </Card>
  )
}

function TagTable({ tags }: { tags: RunTag[] }) {
  const t = useText(tagRunText)
  const columns = useTagColumns()
  return (
    <Card size="small" title={t.perTag}>
      <div className="quiet small">{t.perTagHint}</div>
      <Table<RunTag>
        {...{ size: 'small', columns, dataSource: tags }}
        rowKey={(tag) => `${tag.key} ${tag.mode} ${tag.state}`}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        scroll={{ x: 800 }}
      />
    </Card>
  )
}

function CancelButton({ run }: { run: TagRunDetail }) {
  const t = useText(tagRunText)
  const may = useMay()
  const { message } = App.useApp()
  const words = useErrorWords()
  const client = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => api.post(pathOf`/api/tag-runs/${run.runId}/cancel`),
    onSettled: () => client.invalidateQueries({ queryKey: ['/api/tag-runs'] }),
    onError: (error) => void message.error(words(error)),
  })
  if (!may('tag.write') || !isOpen(run)) return null
  return (
    <Popconfirm title={t.cancel} description={t.cancelHint} onConfirm={() => cancel.mutate()}>
      <Button danger loading={cancel.isPending}>
        {t.cancel}
      </Button>
    </Popconfirm>
  )
}

/** What a step computes, in words; what the engine calls it shows on hover. */
function StepName({ name }: { name: string }) {
  const language = useLanguage()
  const { names } = useVocabulary()
  return (
    <span title={name} style={{ overflowWrap: 'anywhere' }}>
      {stepWords(name, { names, language })}
    </span>
  )
}

function useStepColumns(): TableColumnsType<RunStep> {
  const t = useText(tagRunText)
  const pick = usePick()
  const format = useFormat()
  return [
    {
      title: t.step,
      key: 'name',
      width: 320,
      render: (_, step) => <StepName name={step.name} />,
    },
    { title: t.level, dataIndex: 'level', width: 70, align: 'right' },
    { title: t.mode, key: 'mode', width: 80, render: (_, step) => t[step.mode] },
    {
      ...{ title: t.state, key: 'state', width: 100 },
      render: (_, step) => (
        <Badge color={runStateColors[step.state]}>{pick(runStateNames[step.state])}</Badge>
      ),
    },
    { title: t.tags, dataIndex: 'tags', width: 80, align: 'right' },
    {
      ...{ title: t.duration, key: 'ms', width: 100, align: 'right' },
      render: (_, step) => t.seconds(format.number(step.durationMs / 1000)),
    },
    {
      title: t.rows,
      key: 'rows',
      width: 100,
      align: 'right',
      render: (_, step) => format.compact(step.rowsRead),
    },
    {
      title: t.bytes,
      key: 'bytes',
      width: 100,
      align: 'right',
      render: (_, step) => format.bytes(step.bytesRead),
    },
  ]
}

function useTagColumns(): TableColumnsType<RunTag> {
  const t = useText(tagRunText)
  const pick = usePick()
  const format = useFormat()
  const { names } = useVocabulary()
  const number = (value: number | null) => (value === null ? '–' : format.number(value))
  return [
    {
      ...{ title: t.tag, key: 'key', width: 200 },
      render: (_, tag) => (
        <Flex vertical>
          <Link to={`/tags/${tag.key}`}>{names.tag(tag.key)?.name ?? tag.key}</Link>
          <span className="quiet small">{tag.key}</span>
        </Flex>
      ),
    },
    {
      ...{ title: t.state, key: 'state', width: 120 },
      render: (_, tag) => (
        <Badge color={runStateColors[tag.state]} title={tag.error ?? undefined}>
          {pick(runStateNames[tag.state])}
        </Badge>
      ),
    },
    {
      ...{ title: t.duration, key: 'ms', width: 110, align: 'right' },
      render: (_, tag) => t.seconds(format.number(Math.round(tag.durationMs) / 1000)),
    },
    {
      title: t.rows,
      key: 'rows',
      width: 100,
      align: 'right',
      render: (_, tag) => format.compact(tag.rowsRead),
    },
    {
      title: t.bytes,
      key: 'bytes',
      width: 100,
      align: 'right',
      render: (_, tag) => format.bytes(tag.bytesRead),
    },
    {
      title: t.coverage,
      key: 'coverage',
      width: 110,
      align: 'right',
      render: (_, tag) => number(tag.coverage),
    },
    { title: t.changed, key: 'changed', width: 120, align: 'right', render: (_, tag) => number(tag.changed) },
  ]
}
