import { Button, Card, Flex, Table, type TableColumnsType, Tag } from 'antd'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { pathOf } from '#platform/web/api.ts'
import { useMarks } from '#platform/web/marks.ts'
import { useMay } from '#platform/web/session.tsx'
import { shellText } from '#platform/web/shell-text.ts'
import { EmptyState, ErrorState, LoadingState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import type { List } from '#platform/web/use-list.ts'
import type { Task } from '../common/task.ts'
import { TaskButtons } from './TaskButtons.tsx'
import { Due, TaskFacts } from './TaskCard.tsx'
import { isFinished, taskStateColors, taskStateNames, taskText } from './task-text.ts'

/** Tasks as a table with the chosen one beside it; the first is chosen until another is. */
export function TaskTable({ list, empty }: { list: List<Task>; empty: ReactNode }) {
  const shell = useText(shellText)
  const t = useText(taskText)
  const columns = useColumns()
  const [chosenId, setChosenId] = useState<number | null>(null)
  const chosen = list.items.find((task) => task.taskId === chosenId) ?? list.items[0]
  if (list.isPending) return <LoadingState rows={8} />
  if (list.error && list.items.length === 0) {
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} />
  }
  if (list.items.length === 0) return <Card size="small">{empty}</Card>
  return (
    <div className="task-split">
      <Card styles={{ body: { padding: 12 } }}>
        <Flex vertical gap={8} align="center">
          <Table<Task>
            aria-label={t.tasks}
            style={{ width: '100%' }}
            size="small"
            pagination={false}
            columns={columns}
            dataSource={list.items}
            rowKey={(task) => String(task.taskId)}
            scroll={{ x: 560 }}
            rowClassName={(task) =>
              task.taskId === chosen?.taskId ? 'clickable-row task-row-chosen' : 'clickable-row'
            }
            onRow={(task) =>
              ({
                onClick: () => setChosenId(task.taskId),
                'data-testid': 'task-card',
                'data-task': task.taskId,
              }) as object
            }
          />
          {list.hasNextPage && (
            <Button size="small" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {shell.more}
            </Button>
          )}
        </Flex>
      </Card>
      <Card size="small" className="task-detail" data-testid="task-detail">
        {chosen ? <Detail key={chosen.taskId} task={chosen} /> : <EmptyState title={t.choose} />}
      </Card>
    </div>
  )
}

function Detail({ task }: { task: Task }) {
  const t = useText(taskText)
  const { labelled, colon } = useMarks()
  const may = useMay()
  return (
    <>
      <TaskFacts task={task} />
      <p className="quiet small">
        {labelled(t.rm, task.rmName ?? t.nobody)} · {task.orgName}
        <br />
        {t.campaign}
        {colon}
        {may('campaign.read') ? (
          <Link to={`/campaigns/${task.campaignKey}`}>{task.campaignName}</Link>
        ) : (
          task.campaignName
        )}
      </p>
      <TaskButtons task={task} />
      {!may('task.work') && !isFinished(task) && <span className="quiet">{t.readOnly}</span>}
    </>
  )
}

function useColumns(): TableColumnsType<Task> {
  const t = useText(taskText)
  const pick = usePick()
  const may = useMay()
  const rm: TableColumnsType<Task> = [
    { title: t.rm, key: 'rm', width: 120, render: (_, { rmName }) => rmName ?? t.nobody },
  ]
  return [
    {
      title: t.customer,
      key: 'customer',
      width: 160,
      render: (_, { customerNo, customerName }) => (
        <Link to={pathOf`/customers/${customerNo}`}>
          {customerName ?? t.noName} <span className="quiet small">{customerNo}</span>
        </Link>
      ),
    },
    { title: t.task, key: 'title', dataIndex: 'title' },
    {
      title: t.state,
      key: 'state',
      width: 88,
      render: (_, { state }) => <Tag color={taskStateColors[state]}>{pick(taskStateNames[state])}</Tag>,
    },
    ...(may('task.work') ? [] : rm),
    { title: t.dueColumn, key: 'due', width: 150, render: (_, task) => <Due task={task} /> },
  ]
}
