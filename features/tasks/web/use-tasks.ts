import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { App } from 'antd'
import { api, pathOf } from '#platform/web/api.ts'
import { useErrorWords } from '#platform/web/error-words.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { Task, TaskState } from '../common/task.ts'
import { taskStateNames, taskText } from './task-text.ts'

export const tasksKey = '/api/tasks'
type Summary = { active: number; overdue: number; doneToday: number }

export const useTaskSummary = () =>
  useQuery({
    queryKey: [tasksKey, 'summary'],
    queryFn: ({ signal }) => api.get<Summary>('/api/tasks/summary', undefined, signal),
    refetchInterval: 30_000,
  })

/** Takes the next step of a task: one tap, told in words, and every list is read anew. */
export function useWorkTask() {
  const t = useText(taskText)
  const pick = usePick()
  const words = useErrorWords()
  const queries = useQueryClient()
  const { message } = App.useApp()
  return useMutation({
    mutationFn: ({ task, state, note }: { task: Task; state: TaskState; note?: string }) =>
      api.patch<Task>(pathOf`/api/tasks/${task.taskId}`, { state, note: note ?? '', from: task.state }),
    onSuccess: (_, { state }) =>
      void message.success({ key: 'task', content: t.done(pick(taskStateNames[state])) }),
    onError: (error) => void message.error(words(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: [tasksKey] }),
  })
}
