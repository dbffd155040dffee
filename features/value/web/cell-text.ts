import { defineText } from '#platform/web/text.ts'

export const cellText = defineText({
  customers: ['客户', 'Customers'],
  counted: (n: string, at: string) => [`${n} 位客户，截至 ${at}，精确`, `${n} customers as of ${at}, exact`],
  customerNo: ['客户号', 'Customer no.'],
  name: ['姓名', 'Name'],
  org: ['机构', 'Org unit'],
  rm: ['客户经理', 'RM'],
  nobody: ['这里没有客户', 'Nobody is counted here'],
  segmentName: ['客群名称', 'Segment name'],
  segmentKey: ['客群编码', 'Segment key'],
  keyWrong: [
    '以小写字母开头，只含小写字母、数字、_ 和 -',
    'Lower-case letters, digits, _ and -, a letter first',
  ],
  required: ['请填写', 'Fill this in'],
  keep: ['存为客群', 'Keep as a segment'],
  keptRule: (n: string) => [
    `已存为活客群：${n} 人，随数据变化`,
    `Kept as a live segment of ${n}; it follows the data`,
  ],
  keptList: (n: string) => [`已存为固定名单客群：${n} 人`, `Kept as a segment on a fixed list of ${n}`],
})
