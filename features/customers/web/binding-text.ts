import type { Pair } from '#platform/web/language.ts'
import { defineText } from '#platform/web/text.ts'
import type { Binding } from '../common/customer-identities.ts'

export const bindingText = defineText({
  bindings: ['设备与账号绑定', 'Devices and bound ids'],
  bindingsHint: [
    '哪些设备和外部账号在哪段时间被认定为这位客户，以及凭什么认定。绑错可以撤销：行为记录退回访客，从不转给他人。',
    'Which devices and outside ids were taken to be this customer, when, and on what proof. A wrong one can be undone: what was done there goes back to the visitor.',
  ],
  none: ['还没有绑定的设备或账号', 'No bound devices or ids yet'],
  noneHint: [
    '客户在 App、小程序登录后，这里会出现对应的设备。',
    'Devices appear here once the customer logs in on one.',
  ],
  visitor: ['设备／账号', 'Device / id'],
  device: ['设备', 'Device'],
  proof: ['认定依据', 'Proof'],
  period: ['时段', 'Period'],
  events: ['未登录时行为数', 'Events before login'],
  lastAt: ['最近活动', 'Last seen'],
  sources: ['来源', 'Sources'],
  now: ['至今', 'now'],
  isShared: ['多人共用', 'Shared'],
  underNumber: (no: string) => [`原客户号 ${no}`, `under ${no}`],
  undo: ['撤销绑定', 'Undo'],
  undone: ['已撤销', 'Undone'],
  undoneBy: (by: string, reason: string) => [`${by} 撤销：${reason}`, `Undone by ${by}: ${reason}`],
  undoTitle: ['撤销这个绑定？', 'Undo this binding?'],
  undoHint: [
    '该时段内这台设备上的行为将不再计入这位客户，标签和客群在下次刷新时跟着变。之后重新登录会再次绑定。',
    'What was done on it in that period no longer counts for this customer; tags and segments follow at their next refresh. A later login binds it again.',
  ],
  reason: ['撤销理由', 'Reason'],
  reasonPlaceholder: ['例如：客户表示从未使用过该设备', 'For example: the customer never had this device'],
  reasonTooShort: ['请至少写 5 个字', 'At least 5 characters'],
  isLater: ['已撤销；数据仓库稍后跟上。', 'Undone; the warehouse follows later.'],
  isDone: ['已撤销', 'Undone'],
  cancel: ['取消', 'Cancel'],
  merges: ['客户号合并记录', 'Merged numbers'],
  merged: (from: string, to: string) => [`${from} 并入 ${to}`, `${from} merged into ${to}`],
  split: ['已拆分', 'Split again'],
  picture: ['绑定时段图', 'Bindings over time'],
})

export const proofNames: { readonly [P in Binding['proof']]: Pair } = {
  trusted_source: ['行内可信系统', 'Trusted source'],
  customer_token: ['银行签名令牌', "The bank's token"],
  bank_data: ['行内客户资料', "The bank's own data"],
}
