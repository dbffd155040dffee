export { registerTaskRoutes } from '#features/tasks/server/task-routes.ts'
export {
  type CreateTasksInput,
  type CustomerNames,
  createTasks,
  type Tasks,
} from '#features/tasks/server/task-service.ts'
