import { expect, test } from 'vitest'
import type { Rule } from '../common/rule.ts'
import { type RuleNames, ruleSentence, ruleWords } from './rule-words.ts'

const names = (language: 'zh' | 'en'): RuleNames => ({
  tag: (key) =>
    ({
      age: { name: language === 'zh' ? '年龄' : 'Age', type: 'number' as const },
      dormant: { name: language === 'zh' ? '沉睡' : 'Dormant', type: 'bool' as const },
      last_login: { name: language === 'zh' ? '最近登录日' : 'Last login', type: 'date' as const },
    })[key],
  segment: (key) => (key === 'staff' ? (language === 'zh' ? '本行员工' : 'Employees') : undefined),
})

test.each<[Rule, string, string]>([
  [{ tag: 'age', is: 'between', value: [25, 55] }, '年龄在 25 到 55 之间（含）', 'Age is between 25 and 55'],
  [{ tag: 'age', is: 'in', value: [1000, 2] }, '年龄是其中之一：1,000、2', 'Age is one of 1,000, 2'],
  [{ tag: 'dormant', is: 'eq', value: true }, '沉睡', 'Dormant'],
  [{ tag: 'dormant', is: 'eq', value: false }, '沉睡：否', 'Dormant: no'],
  [{ not: { tag: 'dormant', is: 'eq', value: true } }, '并非：沉睡', 'not: Dormant'],
  [
    { tag: 'last_login', is: 'lt', value: '2026-08-01' },
    '最近登录日早于 “2026-08-01”',
    'Last login is before "2026-08-01"',
  ],
  [{ tag: 'unknown', is: 'exists' }, 'unknown 有值', 'unknown has a value'],
  [{ segment: 'staff' }, '在客群「本行员工」中', 'in the segment "Employees"'],
  [{ not: { segment: 'staff' } }, '不在客群「本行员工」中', 'not in the segment "Employees"'],
  [
    { did: 'logged_in', within: { days: 30 } },
    '近 30 天（含今天）发生过「登录」',
    'did "Logged in" in the last 30 days, today included',
  ],
  [
    { not: { did: 'logged_in', within: { days: 1 } } },
    '今天没有发生过「登录」',
    'never did "Logged in" today',
  ],
  [
    {
      did: 'money_in',
      where: [{ prop: 'amount', is: 'gte', value: 1000 }],
      within: { hours: 6 },
      count: { is: 'gte', value: 3 },
      sum: { prop: 'amount', is: 'lt', value: 9 },
    },
    '近 6 小时「资金转入」（金额不低于 1,000）的次数不低于 3，且金额合计小于 9',
    '"Money in" (Amount is at least 1,000) in the last 6 hours: count is at least 3 and total amount is below 9',
  ],
  [
    { did: 'own_event', within: { from: '2026-01-01', to: '2026-02-01' } },
    '2026-01-01 起至 2026-02-01 前发生过「own_event」',
    'did "own_event" from 2026-01-01 until before 2026-02-01',
  ],
  [{ all: [] }, '所有客户', 'every customer'],
  [{ any: [] }, '没有客户', 'no customer'],
  [{ not: { any: [] } }, '所有客户', 'every customer'],
  [
    { not: { any: [{ segment: 'staff' }, { segment: 'x' }] } },
    '以下都不满足（在客群「本行员工」中；在客群「x」中）',
    'none of these (in the segment "Employees"; in the segment "x")',
  ],
  [
    { tag: 'age', is: 'gte', value: 30, at: '2026-10-01' },
    '年龄（2026-10-01 日终）不低于 30',
    'Age (at the end of 2026-10-01) is at least 30',
  ],
  [
    { did: 'logged_in', first: true, within: { days: 7 } },
    '近 7 天（含今天）首次发生「登录」',
    'did "Logged in" for the first time ever in the last 7 days, today included',
  ],
  [
    {
      sequence: [
        { did: 'money_in' },
        { did: 'own_event', where: [{ prop: 'amount', is: 'gte', step: 0, of: 'amount' }] },
      ],
      within: { days: 30 },
      duration: { hours: 2 },
      same: 'order',
    },
    '近 30 天（含今天）依次发生：「资金转入」 → 「own_event」（金额不低于第 1 步的金额），同一订单，首尾相隔不超过 2 小时',
    'did in this order: "Money in", then "own_event" (Amount is at least amount of step 1) in the last 30 days, today included, all with the same order, at most 2 hours from first to last',
  ],
  [{ sample: { percent: 10, salt: 's' } }, '在抽样「s」的 10% 中', 'in the 10% sample "s"'],
  [
    { top: { tag: 'age', n: 1000, of: { segment: 'staff' } } },
    '在「在客群「本行员工」中」的客户里，年龄最高的 1,000 位客户',
    'one of the 1,000 customers with the highest Age among those for whom: in the segment "Employees"',
  ],
  [{ not: { list: 'vip' } }, '不在名单「vip」中', 'not in the list "vip"'],
  [{ near: { lat: 31.2, lng: 121.5, km: 3 } }, '在 31.2, 121.5 周边 3 公里内', 'within 3 km of 31.2, 121.5'],
  [
    { not: { near: { lat: 31.2, lng: 121.5, km: 3 }, did: 'logged_in', within: { days: 1 } } },
    '今天没有在 31.2, 121.5 周边 3 公里内发生过「登录」',
    'never did "Logged in" within 3 km of 31.2, 121.5 today',
  ],
  [{ org: 'B1' }, '属于机构「B1」及其下级', 'a customer of "B1" or a unit below it'],
])('%j', (rule, zh, en) => {
  expect(ruleSentence(rule, names('zh'), 'zh')).toBe(zh)
  expect(ruleSentence(rule, names('en'), 'en')).toBe(en)
})

test('groups are lines with lines below; a group of one is its one part', () => {
  const rule: Rule = { all: [{ segment: 'staff' }, { any: [{ tag: 'age', is: 'exists' }] }] }
  expect(ruleWords(rule, names('zh'), 'zh')).toEqual({
    text: '同时满足：',
    children: [
      { text: '在客群「本行员工」中', children: [] },
      { text: '年龄有值', children: [] },
    ],
  })
})
