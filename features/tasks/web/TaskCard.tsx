import { Flex, Tag, Tooltip } from 'antd'
import { Link } from 'react-router'
import { bankDay } from '#platform/common/bank-day.ts'
import { pathOf } from '#platform/web/api.ts'
import { bankZone, useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { Task } from '../common/task.ts'
import { dueKind } from './due.ts'
import { TaskButtons } from './TaskButtons.tsx'
import { isFinished, taskStateColors, taskStateNames, taskText } from './task-text.ts'

/** One task: who, why, what to offer, until when, and the next step. */
export function TaskCard({ task }: { task: Task }) {
  const isLate = task.isOverdue && !isFinished(task)
  return (
    <article
      className={isLate ? 'task-card late' : 'task-card'}
      data-testid="task-card"
      data-task={task.taskId}
    >
      <TaskFacts task={task} />
      <TaskButtons task={task} />
    </article>
  )
}

/** What a person must know before calling. */
export function TaskFacts({ task }: { task: Task }) {
  const t = useText(taskText)
  const { colon } = useMarks()
  const pick = usePick()
  return (
    <Flex vertical gap={8} style={{ marginBottom: 12 }}>
      <Flex justify="space-between" align="center" gap={8}>
        <Link
          to={pathOf`/customers/${task.customerNo}`}
          className="task-name"
          aria-label={`${t.openCustomer} ${task.customerNo}`}
        >
          {task.customerName ?? t.noName} <span className="quiet small">{task.customerNo}</span>
        </Link>
        <Tag color={taskStateColors[task.state]} data-testid="task-state" data-state={task.state}>
          {pick(taskStateNames[task.state])}
        </Tag>
      </Flex>
      <Flex justify="space-between" gap={8} wrap>
        <strong>{task.title}</strong>
        <Due task={task} />
      </Flex>
      <div>
        <span className="quiet">
          {t.why}
          {colon}
        </span>
        {task.reason}
      </div>
      <div className="task-offer">
        <strong>{task.offerTitle}</strong>
        <div>{task.offerBody}</div>
      </div>
      {task.note && (
        <div>
          <span className="quiet">
            {t.note}
            {colon}
          </span>
          {task.note}
        </div>
      )}
    </Flex>
  )
}

/** Until when, loud when it is late or today. */
export function Due({ task }: { task: Task }) {
  const t = useText(taskText)
  const format = useFormat()
  const kind = dueKind(task.dueAt, new Date(), (moment) => bankDay(moment, bankZone))
  const isLate = kind === 'late'
  if (isFinished(task)) return <span className="quiet">{format.date(task.dueAt)}</span>
  const words = isLate ? t.overdueSince(format.ago(task.dueAt)) : t.due(format.ago(task.dueAt))
  return (
    <Tooltip title={format.time(task.dueAt)}>
      <span className={kind === 'later' ? 'quiet' : `task-due-${kind}`}>{words}</span>
    </Tooltip>
  )
}
