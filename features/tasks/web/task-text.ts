import type { Pair } from '#platform/web/language.ts'
import { defineText } from '#platform/web/text.ts'
import type { Task, TaskState } from '../common/task.ts'

export const taskText = defineText({
  tasks: ['工作台', 'Workbench'],
  tasksHint: [
    '点了活动、还没达成目标的客户，由您跟进。',
    'Customers who clicked an offer and did not take it up yet.',
  ],
  tasksHintBranch: [
    '您机构范围内客户经理的任务（只读）。',
    'Tasks of the RMs in your org units (read only).',
  ],
  active: ['待办', 'To do'],
  overdue: ['已逾期', 'Overdue'],
  doneToday: ['今日办结', 'Done today'],
  activeHint: ['还没有办结的任务', 'Tasks not finished yet'],
  overdueHint: ['过了截止时间还没有办结', 'Past their due time and not finished'],
  doneTodayHint: ['今天办结（成交或未成交）的任务', 'Finished today, won or lost'],
  filterActive: ['待办', 'To do'],
  filterDone: ['已办结', 'Done'],
  filterAll: ['全部', 'All'],
  forCampaign: (key: string) => [`活动：${key}`, `Campaign: ${key}`],
  due: (when: string) => [`${when}截止`, `due ${when}`],
  overdueSince: (when: string) => [`已逾期：${when}`, `overdue: ${when}`],
  customer: ['客户', 'Customer'],
  why: ['为什么', 'Why'],
  rm: ['客户经理', 'RM'],
  nobody: ['待领取', 'Not taken'],
  campaign: ['活动', 'Campaign'],
  state: ['状态', 'State'],
  dueColumn: ['截止', 'Due'],
  task: ['任务', 'Task'],
  note: ['备注', 'Note'],
  noName: ['未留姓名', 'No name'],
  accept: ['接受', 'Accept'],
  take: ['领取', 'Take it'],
  contacted: ['已联系', 'Contacted'],
  won: ['成交', 'Won'],
  lost: ['未成交', 'Lost'],
  done: (what: string) => [`已记录：${what}`, `Recorded: ${what}`],
  openCustomer: ['客户详情', 'Customer page'],
  noteTitle: (what: string) => [`结果：${what}`, `Result: ${what}`],
  noteHint: ['写一句怎么办结的，不要写证件号、卡号', 'One line on how it ended; no id or card numbers'],
  noteWon: ['已购买', 'Bought it'],
  noteWonLater: ['约好到网点办理', 'Will come to the outlet'],
  noteLost: ['暂不需要', 'Not now'],
  noteLostAway: ['多次未接通', 'Could not be reached'],
  noteLostOther: ['已在他行办理', 'Has it elsewhere'],
  save: ['保存', 'Save'],
  emptyActive: ['没有待办', 'Nothing to do'],
  emptyActiveHint: [
    '活动中点了权益、几天后仍未办理的客户会出现在这里，带着原因和话术。',
    'Customers who clicked an offer and did not take it up some days later show here, with why and what to offer.',
  ],
  emptyDone: ['还没有办结的任务', 'Nothing finished yet'],
  emptyDoneHint: ['办结的任务会留在这里，写明结果。', 'Finished tasks stay here with their results.'],
  choose: ['选一个任务看详情', 'Choose a task'],
  readOnly: ['由客户经理办理，您可以查看。', 'The RM works on it; you can read it.'],
})

export const taskStateNames: { readonly [S in TaskState]: Pair } = {
  open: ['新任务', 'New'],
  accepted: ['已接受', 'Accepted'],
  contacted: ['已联系', 'Contacted'],
  won: ['成交', 'Won'],
  lost: ['未成交', 'Lost'],
  cancelled: ['已取消', 'Cancelled'],
}

export const taskStateColors: { readonly [S in TaskState]: string } = {
  open: 'gold',
  accepted: 'processing',
  contacted: 'cyan',
  won: 'success',
  lost: 'default',
  cancelled: 'default',
}

export const isFinished = ({ state }: Pick<Task, 'state'>): boolean =>
  state === 'won' || state === 'lost' || state === 'cancelled'
