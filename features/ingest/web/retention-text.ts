import { defineText } from '#platform/web/text.ts'

export const retentionText = defineText({
  retention: ['数据保留', 'Retention'],
  retentionHint: [
    '每类数据保留多久。每晚删除整个过期的分区；不足期限的数据绝不删除。',
    'How long each class of data is kept. Each night whole partitions past their time go; nothing younger ever does.',
  ],
  event: ['客户事件', 'Events of customers'],
  event_anonymous: ['访客事件', 'Events of visitors'],
  reject: ['拒收消息', 'Rejects'],
  rate: ['接收速率', 'Rates'],
  className: ['数据', 'Data'],
  keep: ['保留', 'Kept'],
  months: (n: number) => [`${n} 个月`, n === 1 ? '1 month' : `${n} months`],
  state: ['规则', 'Rule'],
  on: ['每晚执行', 'Every night'],
  off: ['未启用', 'Off'],
  size: ['现有', 'Now'],
  rowsAndBytes: (rows: string, bytes: string) => [`${rows} 行，${bytes}`, `${rows} rows, ${bytes}`],
  wouldGo: ['将删除', 'Would go'],
  nothing: ['没有过期的分区', 'No partition is past its time'],
  partitions: (n: number) => [`${n} 个分区`, n === 1 ? '1 partition' : `${n} partitions`],
  held: (n: number) => [
    `${n} 个旧分区含较新的数据，保留`,
    n === 1
      ? '1 old partition holds younger rows and stays'
      : `${n} old partitions hold younger rows and stay`,
  ],
  before: (time: string) => [`${time} 以前`, `before ${time}`],
  lastRun: ['上次清理', 'Last purge'],
  never: ['还没有', 'Never'],
  removed: (rows: string) => [`删除 ${rows} 行`, `${rows} rows removed`],
  change: ['调整', 'Change'],
  changeTitle: ['调整保留期限', 'Change how long it is kept'],
  changeHint: [
    '启用后今晚就会按期限删除，删除的数据不能恢复。先看“将删除”。',
    'Once on, tonight removes what is past its time, for good. Look at "Would go" first.',
  ],
  monthsLabel: ['保留月数', 'Months'],
  isOn: ['每晚执行', 'Every night'],
  purge: ['立即清理', 'Purge now'],
  purgeTitle: ['现在就删除过期的分区？', 'Remove what is past its time now?'],
  purgeHint: (partitions: string, rows: string) => [
    `${partitions}，共 ${rows} 行，删除后不能恢复。`,
    `${partitions}, ${rows} rows in all, gone for good.`,
  ],
  job: ['清理', 'Purging'],
  partition: ['分区', 'Partition'],
  rows: ['行数', 'Rows'],
  oldest: ['最早', 'Oldest'],
  newest: ['最晚', 'Newest'],
  bytes: ['大小', 'Size'],
})
