import { CarryOutOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** The workbench of relationship managers; branches read it. */
export const tasks: WebFeature = {
  routes: [
    { path: '/tasks', permission: 'task.read', load: async () => (await import('./TaskPage.tsx')).TaskPage },
  ],
  menu: [
    {
      centre: 'frontLine',
      path: '/tasks',
      label: ['工作台', 'Workbench'],
      icon: CarryOutOutlined,
      permission: 'task.read',
      keywords: 'gzt gongzuotai renwu rw tasks leads',
    },
  ],
  errors: {
    TASK_NOT_FOUND: ['没有这个任务，或不属于您。', 'No such task, or it is not yours.'],
    TASK_NOT_YOURS: ['这个任务属于其他客户经理。', 'This task belongs to another relationship manager.'],
    TASK_NOT_TAKEN: ['任务还没有人领取，请先领取。', 'Nobody has taken this task yet: take it first.'],
    TASK_STEP_INVALID: [
      '任务的状态已变化，这一步现在不能做。',
      'The state of the task has changed; this step is not possible now.',
    ],
    TASK_CHANGED: [
      '任务刚被更新，请看过最新状态后再试。',
      'The task was changed meanwhile. Look at it again.',
    ],
    TASK_NOTE_MISSING: ['请写一句任务是怎么办结的。', 'Say in the note how the task ended.'],
  },
}
