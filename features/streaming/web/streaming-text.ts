import { defineText } from '#platform/web/text.ts'

export const streamingText = defineText({
  title: ['实时客群', 'Live segments'],
  hint: [
    '事件发生后数秒内，受影响客户的标签和客群随之更新，进入和离开各记一次。',
    'Within seconds of an event the affected tags and segments follow; each entering and leaving is told once.',
  ],
  notRunning: ['没有进程在做实时计算', 'No process is streaming'],
  notRunningHint: [
    '事件照常入库，等待处理的变化会保留，恢复后继续。',
    'Events are still stored; what waits is kept and goes on when a process is back.',
  ],
  seconds: (n: string) => [`${n} 秒`, `${n} s`],
  lag: ['当前延迟', 'Lag now'],
  lagHint: [
    '最早一条尚未处理的变化已等待的时间',
    'How long the oldest change not yet looked at has been waiting',
  ],
  lastLag: (text: string) => [`上一轮 ${text}`, `last pass ${text}`],
  waiting: ['等待的客户', 'Customers waiting'],
  waitingHint: [
    '等待重新判断的客户（同一人可能计多次）',
    'Customers to look at again; one may be counted more than once',
  ],
  byTime: (count: string) => [`其中因时间推移 ${count}`, `${count} of them moved by time`],
  passes: ['处理轮次', 'Passes'],
  passesHint: ['累计处理的轮数', 'Passes since the beginning'],
  passMs: (text: string) => [`上一轮用时 ${text}`, `the last took ${text}`],
  entered: ['进入', 'Entered'],
  enteredHint: ['累计记下的进入客群事实', 'Facts of entering told by streaming since the beginning'],
  left: ['离开', 'Left'],
  leftHint: ['累计记下的离开客群事实', 'Facts of leaving told by streaming since the beginning'],
  lastError: ['最近一次错误', 'The last error'],
  alarms: ['需要处理', 'To be looked at'],
  drift: ['偏差', 'Drift'],
  driftHint: [
    '上次全量重算时，实时结果与之不一致的客户',
    'Customers for whom streaming and the last full refresh did not agree',
  ],
  notCompared: ['尚未比对', 'Not compared yet'],
  limit: (text: string) => [`上限 ${text}`, `limit ${text}`],
  name: ['客群', 'Segment'],
  members: ['成员', 'Members'],
  updated: ['更新', 'Updated'],
  state: ['状态', 'State'],
  live: ['实时', 'Live'],
  aside: ['已搁置', 'Set aside'],
  blocked: ['暂停发送', 'Sending stopped'],
  none: ['还没有实时客群', 'No live segments yet'],
  noneHint: [
    '在客群的设置里把刷新方式改为“实时”。',
    'Choose “streaming” as the refresh mode in the settings of a segment.',
  ],
  shown: (shown: string, all: string) => [
    `显示前 ${shown} 个，共 ${all} 个`,
    `The first ${shown} of ${all} are shown`,
  ],
  allow: ['允许发送', 'Allow sending'],
  allowTitle: (name: string) => [`允许向“${name}”发送`, `Allow sending to “${name}”`],
  allowHint: [
    '偏差已超过上限。请输入客群编码并写明理由，操作会记入审计。',
    'Its drift is past the limit. Type the key of the segment and say why; this is audited.',
  ],
  typeKey: (key: string) => [`输入编码 ${key}`, `Type the key ${key}`],
  why: ['理由（至少 5 个字）', 'Reason (at least 5 characters)'],
  allowed: ['已允许发送', 'Sending is allowed'],
  cancel: ['取消', 'Cancel'],
})

export const alarmNames = {
  refresh_failed: ['全量重算失败', 'A full refresh failed'],
  drift: ['偏差超过上限，已暂停发送', 'Drift past the limit: sending is stopped'],
  set_aside: ['实时计算无法判断，已搁置', 'Streaming could not answer it: set aside'],
} as const
