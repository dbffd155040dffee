import { useMutation, useQuery } from '@tanstack/react-query'
import { App, Card, Flex, Segmented, Table, Tag, Tooltip } from 'antd'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState, Loaded } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { PlanMode, SourceMode } from '../common/plan.ts'
import { useFindings, useForgetPlan } from './plan-queries.ts'
import { codeNames, modeHints, modeNames, planText } from './plan-text.ts'

const modes: readonly PlanMode[] = ['observe', 'warn', 'enforce']

/** What becomes of events that break the plan, by source, with what was found there. */
export function ModePage() {
  const t = useText(planText)
  const pick = usePick()
  const list = useQuery({
    queryKey: ['/api/plan/modes'],
    queryFn: ({ signal }) => api.get<{ items: SourceMode[] }>('/api/plan/modes', undefined, signal),
  })
  return (
    <Flex vertical gap={16}>
      <PageHeader title={t.modes} description={t.modesHint} back="/plan" />
      <Card size="small">
        <Flex vertical gap={12}>
          <ul className="quiet" style={{ margin: 0, paddingLeft: 18 }}>
            {modes.map((mode) => (
              <li key={mode}>
                <strong>{pick(modeNames[mode])}</strong> {pick(modeHints[mode])}
              </li>
            ))}
          </ul>
          <Loaded query={list}>
            {({ items }) =>
              items.length === 0 ? (
                <EmptyState title={t.noSources} hint={t.noSourcesHint} />
              ) : (
                <ModeTable items={items} />
              )
            }
          </Loaded>
        </Flex>
      </Card>
    </Flex>
  )
}

function ModeTable({ items }: { items: SourceMode[] }) {
  const t = useText(planText)
  const pick = usePick()
  const format = useFormat()
  const may = useMay()
  const findings = useFindings({ days: 7 })
  const foundOf = (source: string) => (findings.data?.items ?? []).filter((one) => one.source === source)
  const sum = (source: string) => foundOf(source).reduce((total, one) => total + one.count, 0)
  const set = useSetMode(sum)
  return (
    <Table
      aria-label={t.modes}
      size="small"
      pagination={false}
      dataSource={items}
      rowKey="source"
      scroll={{ x: 640 }}
      columns={[
        { title: t.source, dataIndex: 'source', render: (source: string) => <strong>{source}</strong> },
        {
          title: t.mode,
          key: 'mode',
          width: 240,
          render: (_, { source, mode }) =>
            may('plan.write') ? (
              <Segmented
                aria-label={`${t.mode} ${source}`}
                value={mode}
                onChange={(next) => set(source, next)}
                options={modes.map((one) => ({ value: one, label: pick(modeNames[one]) }))}
              />
            ) : (
              <Tag>{pick(modeNames[mode])}</Tag>
            ),
        },
        {
          title: <Tooltip title={t.approximate}>{t.week}</Tooltip>,
          key: 'found',
          width: 120,
          align: 'right',
          render: (_, { source }) => (
            <Tooltip
              title={foundOf(source)
                .slice(0, 5)
                .map(
                  (one) =>
                    `${one.event || t.otherEvents} · ${pick(codeNames[one.code] ?? [one.code, one.code])}`,
                )
                .join('; ')}
            >
              {format.number(sum(source))}
            </Tooltip>
          ),
        },
        {
          title: t.changedBy,
          key: 'changed',
          width: 160,
          render: (_, { changedBy, changedAt }) =>
            changedBy && changedAt ? `${changedBy} · ${format.ago(changedAt)}` : '–',
        },
      ]}
    />
  )
}

/** Changes a mode; enforcing asks first, with what it would have refused. */
function useSetMode(foundOf: (source: string) => number) {
  const t = useText(planText)
  const words = useErrorWords()
  const forget = useForgetPlan()
  const { modal, message } = App.useApp()
  const change = useMutation({
    mutationFn: ({ source, mode }: { source: string; mode: PlanMode }) =>
      api.put(pathOf`/api/plan/modes/${source}`, { mode }),
    onSuccess: forget,
    onError: (error) => void message.error(words(error)),
  })
  return (source: string, mode: PlanMode) => {
    if (mode !== 'enforce') return change.mutate({ source, mode })
    modal.confirm({
      title: t.setEnforce(source, foundOf(source)),
      okText: t.confirm,
      cancelText: t.cancel,
      onOk: () => change.mutateAsync({ source, mode }),
    })
  }
}
