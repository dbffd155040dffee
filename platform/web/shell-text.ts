import { defineText } from './text.ts'

/** Strings of the parts in this folder. */
export const shellText = defineText({
  retry: ['重试', 'Try again'],
  failed: ['没有成功', 'That did not work'],
  loadFailed: ['没有读到数据', 'The data could not be read'],
  loading: ['正在读取', 'Loading'],
  more: ['加载更多', 'Load more'],
  shown: (n: number) => [`已显示 ${n} 条`, `${n} shown`],
  allShown: (n: number) => [`共 ${n} 条`, `${n} in all`],
  nothing: ['这里还没有内容', 'Nothing here yet'],
  noMatch: ['没有符合条件的结果', 'Nothing matches'],
  noMatchHint: ['换个说法，或清除筛选条件后再看。', 'Try other words, or clear the filters.'],
  clearFilters: ['清除筛选', 'Clear filters'],
  asOf: (time: string) => [`截至 ${time}`, `as of ${time}`],
  table: ['表格', 'Table'],
  chart: ['图', 'Chart'],
  savePng: ['下载图片', 'Download PNG'],
  saveCsv: ['下载数据', 'Download CSV'],
  noData: ['暂无数据', 'No data yet'],
  crashed: ['这一页出错了', 'This page failed'],
  crashedHint: [
    '其他页面不受影响，已保存的内容都在。刷新后仍出现，请把下面的信息发给系统管理员。',
    'Other pages still work and everything saved is kept. If it happens again after a reload, send the line below to your system administrator.',
  ],
  reload: ['刷新页面', 'Reload'],
  queued: ['排队中', 'Queued'],
  running: ['进行中', 'Running'],
  done: ['已完成', 'Done'],
  jobFailed: ['没有完成', 'Failed'],
  timeLeft: (seconds: number) =>
    seconds < 60
      ? [`约剩 ${seconds} 秒`, `about ${seconds} s left`]
      : [`约剩 ${Math.round(seconds / 60)} 分钟`, `about ${Math.round(seconds / 60)} min left`],
  jobSurvives: ['可以离开本页，任务会继续。', 'You can leave this page; the work goes on.'],
  searchEverything: [
    '搜索页面、客户、标签、客群、活动',
    'Search pages, customers, tags, segments, campaigns',
  ],
  searchHint: [
    '输入名称、英文、编码或客户号；↑↓ 选择，Enter 打开',
    'Type a name, key or customer number; ↑↓ to choose, Enter to open',
  ],
  pages: ['页面', 'Pages'],
  noHits: ['没有找到', 'Nothing found'],
  back: ['返回', 'Back'],
  openRows: ['查看明细', 'See what it counts'],
})
