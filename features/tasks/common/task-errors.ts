import type { TaskState } from '#features/tasks/common/task.ts'
import { defineErrors } from '#platform/common/errors.ts'

export const taskError = defineErrors({
  TASK_NOT_FOUND: ['missing', (d: { taskId: number }) => `No task you can see has the id ${d.taskId}.`],
  TASK_NOT_YOURS: [
    'forbidden',
    (_: Record<string, never>) => 'Only the relationship manager this task belongs to can work on it.',
  ],
  TASK_NOT_TAKEN: [
    'conflict',
    (_: Record<string, never>) => 'This task belongs to nobody yet: accept it first.',
  ],
  TASK_STEP_INVALID: [
    'conflict',
    (d: { from: TaskState; to: TaskState }) => `A task that is ${d.from} cannot become ${d.to}.`,
  ],
  TASK_CHANGED: [
    'conflict',
    (d: { taskId: number }) => `Task ${d.taskId} was changed meanwhile. Look at it again.`,
  ],
  TASK_NOTE_MISSING: ['invalid', (_: Record<string, never>) => 'Say in the note how the task ended.'],
})
