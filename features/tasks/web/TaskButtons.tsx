import { Button } from 'antd'
import { useState } from 'react'
import { useMay } from '#platform/web/session.tsx'
import { useText } from '#platform/web/text.ts'
import type { Task } from '../common/task.ts'
import { NoteSheet } from './NoteSheet.tsx'
import { isFinished, taskText } from './task-text.ts'
import { useWorkTask } from './use-tasks.ts'

/** The next steps of a task, the likeliest first: accept, contacted, then how it ended. */
export function TaskButtons({ task }: { task: Task }) {
  const t = useText(taskText)
  const may = useMay()
  const work = useWorkTask()
  const [ending, setEnding] = useState<'won' | 'lost' | null>(null)
  if (!may('task.work') || isFinished(task)) return null
  const isBusy = work.isPending
  const next = task.state === 'open' ? 'accepted' : 'contacted'
  return (
    <>
      <div className="task-buttons">
        {task.state !== 'contacted' && (
          <Button
            type="primary"
            size="large"
            loading={isBusy}
            data-testid={next === 'accepted' ? 'task-accept' : 'task-contacted'}
            onClick={() => work.mutate({ task, state: next })}
          >
            {next === 'contacted' ? t.contacted : task.rmName === null ? t.take : t.accept}
          </Button>
        )}
        {task.state !== 'open' && (
          <Button
            size="large"
            type={task.state === 'contacted' ? 'primary' : 'default'}
            disabled={isBusy}
            data-testid="task-won"
            onClick={() => setEnding('won')}
          >
            {t.won}
          </Button>
        )}
        {task.state !== 'open' && (
          <Button size="large" disabled={isBusy} data-testid="task-lost" onClick={() => setEnding('lost')}>
            {t.lost}
          </Button>
        )}
      </div>
      <NoteSheet
        ending={ending}
        isSaving={isBusy}
        onClose={() => setEnding(null)}
        onSave={(note) =>
          ending && work.mutate({ task, state: ending, note }, { onSuccess: () => setEnding(null) })
        }
      />
    </>
  )
}
