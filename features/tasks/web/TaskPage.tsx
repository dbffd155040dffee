import { Flex, Grid, Segmented, Tag } from 'antd'
import { useFormat } from '#platform/web/format.ts'
import { PageHeader } from '#platform/web/PageHeader.tsx'
import { StaffWatermark } from '#platform/web/StaffWatermark.tsx'
import { Stat } from '#platform/web/Stat.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { Task } from '../common/task.ts'
import { TaskCards } from './TaskCards.tsx'
import { TaskTable } from './TaskTable.tsx'
import { taskText } from './task-text.ts'
import { useTaskSummary } from './use-tasks.ts'
import './tasks.css'

/** The RM's workbench: cards for one thumb on the phone, a table with the details beside it on a desk. */
export function TaskPage() {
  const t = useText(taskText)
  const may = useMay()
  const isWide = Grid.useBreakpoint().lg
  const filters = useFilters(['state', 'campaign'])
  const state = filters.values.state || 'active'
  const list = useList<Task>('/api/tasks', {
    state: state === 'all' ? '' : state,
    campaign: filters.values.campaign,
  })
  const isDone = state === 'done'
  const empty = (
    <EmptyState
      title={isDone ? t.emptyDone : t.emptyActive}
      hint={isDone ? t.emptyDoneHint : t.emptyActiveHint}
    />
  )
  return (
    <StaffWatermark>
      <Flex vertical gap={12}>
        <PageHeader title={t.tasks} description={may('task.work') ? t.tasksHint : t.tasksHintBranch} />
        <Numbers />
        <Filters filters={filters} state={state} />
        {isWide ? <TaskTable list={list} empty={empty} /> : <TaskCards list={list} empty={empty} />}
      </Flex>
    </StaffWatermark>
  )
}

function Numbers() {
  const t = useText(taskText)
  const format = useFormat()
  const { data } = useTaskSummary()
  const value = (count: number | undefined) => (count === undefined ? null : format.number(count))
  return (
    <div className="task-numbers">
      <Stat
        label={t.active}
        value={value(data?.active)}
        definition={t.activeHint}
        to="/tasks?state=active"
        testId="tasks-active"
      />
      <Stat
        label={t.overdue}
        value={value(data?.overdue)}
        definition={t.overdueHint}
        to="/tasks?state=active"
      />
      <Stat
        label={t.doneToday}
        value={value(data?.doneToday)}
        definition={t.doneTodayHint}
        to="/tasks?state=done"
      />
    </div>
  )
}

function Filters(props: { filters: ReturnType<typeof useFilters<'state' | 'campaign'>>; state: string }) {
  const t = useText(taskText)
  const { filters } = props
  const { campaign } = filters.values
  return (
    <Flex gap={8} align="center" wrap>
      <Segmented
        aria-label={t.state}
        value={props.state}
        onChange={(state) => filters.set({ state: state === 'active' ? null : state })}
        options={[
          { value: 'active', label: t.filterActive },
          { value: 'done', label: t.filterDone },
          { value: 'all', label: t.filterAll },
        ]}
      />
      {campaign && (
        <Tag closable onClose={() => filters.set({ campaign: null })}>
          {t.forCampaign(campaign)}
        </Tag>
      )}
    </Flex>
  )
}
