import type { CustomerInput } from '#features/customers/server/index.ts'
import type { OrgUnitInput, StaffInput } from '#features/org/server/index.ts'

/** A small seeded generator (mulberry32): the same seed gives the same bank. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** 31 provinces, five cities planned by themselves, and Suzhou: 37 branches, as a large Chinese bank has. */
const branchNames = (
  '北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 重庆 四川 贵州 云南 西藏 ' +
  '陕西 甘肃 青海 宁夏 新疆 深圳 大连 宁波 厦门 青岛 苏州'
).split(' ')
const outletNames = '营业部 中山路支行 人民广场支行 高新区支行'.split(' ')
const surnames =
  '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤'
const givenNames =
  '伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 涛 明 超 霞 平 刚 桂英 秀英 建国 志强 海燕 晓红 文博 子涵 雨桐 浩然 欣怡 梓萱 一诺 宇轩 思远 佳琪 国华 丽华 建军 玉兰 晨曦 嘉怡 俊杰 婷婷 雪梅 志明'.split(
    ' ',
  )
const jobs = '企业职员 公务员 教师 医护 个体经营 工人 技术人员 自由职业 学生 退休'.split(' ')

export const demoRmsPerOutlet = 2
const outletCode = (branch: number, outlet: number) => `B${String(branch + 1).padStart(2, '0')}-${outlet + 1}`

export function demoOrgUnits(): OrgUnitInput[] {
  const branches = branchNames.flatMap((name, branch): OrgUnitInput[] => [
    {
      code: `B${String(branch + 1).padStart(2, '0')}`,
      name: `${name}分行`,
      kind: 'branch',
      parentCode: 'HQ',
    },
    ...outletNames.map(
      (outlet, nth): OrgUnitInput => ({
        code: outletCode(branch, nth),
        name: `${name}${outlet}`,
        kind: 'outlet',
        parentCode: `B${String(branch + 1).padStart(2, '0')}`,
      }),
    ),
  ])
  return [{ code: 'HQ', name: '知客示范银行总行', kind: 'head_office', parentCode: null }, ...branches]
}

/** The demo users of the contract; they exist only in a demo bank. */
export function demoUsers(passwordHash: string): StaffInput[] {
  const user = (username: string, name: string, orgCode: string, role: StaffInput['role']): StaffInput => ({
    staffNo: `D-${username}`,
    name,
    orgCode,
    role,
    username,
    passwordHash,
  })
  return [
    user('hq', '陈运营', 'HQ', 'hq_operator'),
    user('checker', '林复核', 'HQ', 'approver'),
    user('branch', '周分行', 'B01', 'branch_operator'),
    user('rm', '李经理', 'B01-1', 'relationship_manager'),
    user('admin', '赵系统', 'HQ', 'system_admin'),
    user('security', '钱安全', 'HQ', 'security_admin'),
    user('auditor', '孙审计', 'HQ', 'auditor'),
  ]
}

const pick = <T>(items: readonly T[], random: () => number): T =>
  items[Math.floor(random() * items.length)] as T
const personName = (random: () => number) =>
  `${surnames[Math.floor(random() * surnames.length)]}${pick(givenNames, random)}`

/** Relationship managers, two an outlet; the first of the first outlet is the demo user `rm`. */
export function demoManagers(seed: number): StaffInput[] {
  const random = createRandom(seed ^ 0x9e3779b9)
  return branchNames
    .flatMap((_, branch) =>
      outletNames.flatMap((_outlet, outlet) =>
        Array.from({ length: demoRmsPerOutlet }, (_rm, nth): StaffInput => {
          const orgCode = outletCode(branch, outlet)
          const name = personName(random)
          return { staffNo: `RM-${orgCode}-${nth + 1}`, name, orgCode, role: 'relationship_manager' }
        }),
      ),
    )
    .map((person) =>
      person.staffNo === 'RM-B01-1-1' ? { ...person, staffNo: 'D-rm', name: '李经理' } : person,
    )
}

const idWeights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** A well-formed identity number of an area no real one has (region 99). */
function nationalId(birth: string, sequence: number): string {
  const body = `990000${birth.replaceAll('-', '')}${String(sequence % 1000).padStart(3, '0')}`
  const sum = [...body].reduce((total, digit, nth) => total + Number(digit) * (idWeights[nth] ?? 0), 0)
  return `${body}${'10X98765432'[sum % 11]}`
}

const riskLevels = ['C1', 'C2', 'C3', 'C4', 'C5'] as const
const states = (random: () => number): CustomerInput['state'] => {
  const share = random()
  if (share < 0.002) return 'deceased'
  if (share < 0.007) return 'frozen'
  return share < 0.017 ? 'closed' : 'active'
}

/** A day so many days before another; before zero, after it. */
const daysBefore = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10)

export type DemoCustomer = CustomerInput & { outlet: number }

/** Customers `from` to `to` (numbers, not ids): evenly over outlets, half of them with a relationship manager. */
export function demoCustomers(options: {
  seed: number
  from: number
  to: number
  outletOrgIds: readonly number[]
  rmStaffIds: readonly (readonly number[])[]
  today: string
}): CustomerInput[] {
  const thisYear = Number(options.today.slice(0, 4))
  return Array.from({ length: options.to - options.from }, (_, offset) => {
    const number = options.from + offset + 1
    const random = createRandom(options.seed + number * 7919)
    const outlet = Math.floor(random() ** 1.3 * options.outletOrgIds.length)
    const age = 18 + Math.floor((random() + random()) * 31)
    const birth = `${thisYear - age}-${String(1 + Math.floor(random() * 12)).padStart(2, '0')}-${String(1 + Math.floor(random() * 28)).padStart(2, '0')}`
    const isWoman = random() < 0.49
    const job = age >= 60 ? '退休' : age < 23 ? '学生' : pick(jobs.slice(0, 8), random)
    const managers = options.rmStaffIds[outlet] ?? []
    const rm = outlet === 0 || random() < 0.5 ? (managers[number % managers.length] ?? null) : null
    const first = `${thisYear - 1 - Math.floor(random() * Math.min(20, age - 17))}-${String(1 + Math.floor(random() * 12)).padStart(2, '0')}-15`
    // A fortieth came in the last ninety days, so that the bank has new customers on any day.
    const opened = number % 40 === 0 && age < 60 ? daysBefore(options.today, (number * 7) % 90) : first
    return {
      customerNo: `C${String(number).padStart(8, '0')}`,
      orgId: options.outletOrgIds[outlet],
      rmStaffId: rm,
      state: states(random),
      openedOn: opened,
      attributes: {
        age: String(age),
        gender: isWoman ? '女' : '男',
        job,
        payroll: age >= 23 && age < 60 && random() < 0.45 ? 'true' : 'false',
        risk_level: riskLevels[Math.floor(random() ** 1.4 * 5)] ?? 'C1',
        opened_on: opened,
        birth_month: birth.slice(5, 7),
        region: (number * 31) % 100 < 22 ? '县域' : '城区',
        risk_expires_on: daysBefore(options.today, ((number * 13) % 400) - 365),
        app_edition: age >= 65 ? '幸福生活版' : age < 28 ? '青春版' : '标准版',
      },
      identities: [
        { kind: 'name', value: personName(random) },
        // 1990… is a prefix that no carrier has given out to this length of our making: 19 + nine digits from the number.
        { kind: 'phone', value: `199${String(10_000_000 + number).padStart(8, '0')}` },
        { kind: 'national_id', value: nationalId(birth, number) },
      ],
    }
  })
}
