import type { Pair } from '#platform/web/language.ts'
import { defineText } from '#platform/web/text.ts'
import type { TagAlert, TagRun } from '../common/tag-run.ts'

export const tagRunText = defineText({
  runs: ['标签运行', 'Tag runs'],
  runsHint: [
    '标签何时、由谁、算了多少、花了多少；中断后从上一个完成的步骤继续。',
    'When tags were computed, by whom, how much and at what cost; a run that was cut off goes on behind its last finished step.',
  ],
  back: ['返回运行列表', 'Back to runs'],
  runOf: (id: string) => [`运行 ${id}`, `Run ${id}`],
  full: ['全量', 'Full'],
  incremental: ['增量', 'Incremental'],
  runFull: ['全量计算全部标签', 'Compute all in full'],
  runIncremental: ['增量计算', 'Compute changes'],
  sure: ['现在开始？', 'Start now?'],
  sureFull: [
    '所有标签会从头计算，需要一些时间；旧值一直可用。',
    'All tags are computed from scratch. That takes a while; the values before stay in use.',
  ],
  cancel: ['取消运行', 'Cancel run'],
  cancelHint: [
    '正在计算的步骤结束后停止，它的结果不发布。',
    'It stops after the step under way, whose results are not shown.',
  ],
  started: ['已排队', 'Queued'],
  state: ['状态', 'State'],
  allStates: ['全部状态', 'All states'],
  mode: ['方式', 'Mode'],
  by: ['发起', 'Started by'],
  schedule: ['定时', 'Schedule'],
  when: ['开始', 'Started'],
  duration: ['用时', 'Time'],
  tags: ['标签数', 'Tags'],
  steps: ['步骤', 'Steps'],
  stepsOf: (done: number, all: number) => [`${done} / ${all} 步`, `${done} / ${all} steps`],
  stepsFailed: (n: number) => [`${n} 步有失败`, `${n} with failures`],
  rows: ['读取行数', 'Rows read'],
  bytes: ['读取字节', 'Bytes read'],
  tagsMeans: ['这次运行要计算的标签', 'Tags this run computes'],
  stepsMeans: [
    '共用一次扫描的标签为一步；中断后从下一步继续',
    'Tags that share a scan are a step; a run goes on behind the last',
  ],
  durationMeans: ['各步骤用时之和', 'The time of all steps together'],
  rowsMeans: [
    '引擎读取的行数，可能含同时运行的其他查询',
    'Rows the engine read; may include queries that ran meanwhile',
  ],
  bytesMeans: [
    '引擎读取的字节（解压后），可能含同时运行的其他查询',
    'Bytes the engine read, uncompressed; may include queries that ran meanwhile',
  ],
  attempts: (n: number) => [`第 ${n} 次接续`, `Taken up ${n} times`],
  empty: ['还没有运行', 'No runs yet'],
  emptyHint: ['标签到期时会自动计算，也可以现在开始。', 'Tags are computed when they are due; or start now.'],
  alerts: ['标签告警', 'Tag alerts'],
  noAlerts: ['没有待处理的告警', 'No open alerts'],
  seen: (times: number) => [`共 ${times} 次`, `${times} times`],
  acknowledge: ['确认', 'Acknowledge'],
  acknowledgeTitle: ['确认这条告警', 'Acknowledge this alert'],
  reason: ['原因', 'Reason'],
  reasonHint: [
    '写明为什么可以接受或如何处理，会留痕。',
    'Say why it is acceptable or what is done; it is recorded.',
  ],
  level: ['层级', 'Level'],
  step: ['步骤', 'Step'],
  perTag: ['每个标签的成本', 'Cost per tag'],
  perTagHint: [
    '同一次扫描的成本按各标签的份额分摊；行数与字节可能含同时运行的其他查询。',
    'The cost of a shared scan is split by share; rows and bytes may include queries that ran meanwhile.',
  ],
  tag: ['标签', 'Tag'],
  coverage: ['覆盖', 'Coverage'],
  changed: ['变化客户', 'Customers changed'],
  error: ['错误', 'Error'],
  seconds: (n: string) => [`${n} 秒`, `${n} s`],
})

export const runStateNames: Record<TagRun['state'] | 'waiting' | 'superseded', Pair> = {
  queued: ['排队', 'Queued'],
  waiting: ['等待', 'Waiting'],
  running: ['运行中', 'Running'],
  done: ['完成', 'Done'],
  failed: ['失败', 'Failed'],
  cancelled: ['已取消', 'Cancelled'],
  superseded: ['已被更新的替代', 'Superseded'],
}
export const runStateColors: Record<keyof typeof runStateNames, string> = {
  ...{ queued: 'default', waiting: 'default', running: 'processing', done: 'success' },
  ...{ failed: 'error', cancelled: 'warning', superseded: 'default' },
}

export const alertNames: Record<TagAlert['kind'], Pair> = {
  failed: ['计算失败', 'Computing failed'],
  coverage: ['覆盖下降', 'Coverage dropped'],
  drift: ['分布漂移', 'Distribution shifted'],
  stale: ['没有按时刷新', 'Not refreshed in time'],
  bitmaps: ['取值过多', 'Too many values'],
}

const dropped = (detail: TagAlert['detail']): Pair => [
  `覆盖 ${detail.coverage}，以往平均 ${detail.usual}，下降 ${detail.dropPercent}%`,
  `Covers ${detail.coverage}, usually ${detail.usual}: ${detail.dropPercent}% fewer`,
]

/** What is behind an alert, in words. */
export function alertDetail({ kind, detail }: TagAlert): Pair {
  if (kind === 'coverage') return dropped(detail)
  if (kind === 'drift')
    return [
      `PSI ${detail.psi}（阈值 ${detail.threshold}）`,
      `PSI ${detail.psi} (threshold ${detail.threshold})`,
    ]
  if (kind === 'bitmaps')
    return [
      '不同取值超过一千，规则改为逐行读取，结果完整但较慢。',
      'More than a thousand different values: rules read rows; complete, but slower.',
    ]
  if (kind === 'stale')
    return [`应每 ${detail.everyMinutes} 分钟刷新`, `Due every ${detail.everyMinutes} minutes`]
  return [String(detail.error ?? ''), String(detail.error ?? '')]
}
