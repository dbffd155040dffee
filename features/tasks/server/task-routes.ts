import { Task, TaskPage, TaskParams, TaskQuery, TaskSummary, WorkTask } from '#features/tasks/common/task.ts'
import type { Tasks } from '#features/tasks/server/task-service.ts'
import type { Http } from '#platform/server/http.ts'

export function registerTaskRoutes(http: Http, { tasks }: { tasks: Tasks }): void {
  const tags = ['tasks']
  const read = { permission: 'task.read' } as const
  http.get(
    '/api/tasks',
    {
      config: read,
      schema: { operationId: 'listTasks', tags, querystring: TaskQuery, response: { 200: TaskPage } },
    },
    async (request) => tasks.list(request.caller, request.query),
  )
  http.get(
    '/api/tasks/summary',
    { config: read, schema: { operationId: 'summariseTasks', tags, response: { 200: TaskSummary } } },
    async (request) => tasks.summary(request.caller),
  )
  http.get(
    '/api/tasks/:taskId',
    { config: read, schema: { operationId: 'getTask', tags, params: TaskParams, response: { 200: Task } } },
    async (request) => tasks.get(request.caller, request.params.taskId),
  )
  http.patch(
    '/api/tasks/:taskId',
    {
      config: { permission: 'task.work' },
      schema: { operationId: 'workTask', tags, params: TaskParams, body: WorkTask, response: { 200: Task } },
    },
    async (request) => tasks.work(request.caller, request.params.taskId, request.body),
  )
}
