import { Button, Flex } from 'antd'
import type { ReactNode } from 'react'
import { shellText } from '#platform/web/shell-text.ts'
import { ErrorState, LoadingState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { List } from '#platform/web/use-list.ts'
import type { Task } from '../common/task.ts'
import { TaskCard } from './TaskCard.tsx'

/** Tasks as cards, most urgent first, for one thumb. */
export function TaskCards({ list, empty }: { list: List<Task>; empty: ReactNode }) {
  const t = useText(shellText)
  if (list.isPending) return <LoadingState rows={8} />
  if (list.error && list.items.length === 0) {
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} />
  }
  if (list.items.length === 0) return empty
  return (
    <Flex vertical gap={12}>
      <div className="task-cards">
        {list.items.map((task) => (
          <TaskCard key={task.taskId} task={task} />
        ))}
      </div>
      {list.hasNextPage && (
        <Button block loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t.more}
        </Button>
      )}
    </Flex>
  )
}
