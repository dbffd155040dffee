import type { Role } from '#platform/common/access.ts'
import type { Pair } from '#platform/web/language.ts'
import { defineText } from '#platform/web/text.ts'
import type { OrgUnit } from '../common/org.ts'

export const orgText = defineText({
  org: ['机构与人员', 'Org and staff'],
  orgHint: [
    '机构树、人员和岗位。岗位决定一个人能做什么、能看到哪些客户，按生效日记录。',
    'Org units, people and posts. A post decides what a person may do and which customers they see; all by date.',
  ],
  units: ['机构', 'Org units'],
  staff: ['人员', 'Staff'],
  search: ['姓名、工号或用户名', 'Name, number or user name'],
  searchUnit: ['机构名称或代码', 'Name or code'],
  name: ['姓名', 'Name'],
  unitName: ['名称', 'Name'],
  code: ['代码', 'Code'],
  kind: ['级别', 'Level'],
  parent: ['上级机构', 'Below'],
  validFrom: ['生效日', 'From'],
  validFromHint: ['不填则从今天起', 'Empty: from today'],
  number: ['工号', 'Number'],
  username: ['用户名', 'User name'],
  state: ['状态', 'State'],
  active: ['在职', 'Active'],
  left: ['离职', 'Left'],
  locked: ['已锁定', 'Locked'],
  noLogin: ['不能登录', 'No sign-in'],
  posts: ['岗位', 'Posts'],
  noPosts: ['没有岗位', 'No posts'],
  role: ['岗位', 'Role'],
  allRoles: ['全部岗位', 'All roles'],
  unit: ['机构', 'Org unit'],
  until: (day: string) => [`至 ${day}`, `until ${day}`],
  since: (day: string) => [`自 ${day}`, `since ${day}`],
  create: ['新建机构', 'New org unit'],
  grant: ['授予岗位', 'Grant a post'],
  grantTo: (name: string) => [`给 ${name} 授予岗位`, `Grant ${name} a post`],
  end: ['结束', 'End'],
  endTitle: (name: string) => [`结束 ${name} 的岗位`, `End a post of ${name}`],
  endHint: [
    '今天起不再有这个岗位的权限，已登录的会话立即生效。',
    'From today this post gives nothing any more, also in open sessions.',
  ],
  reason: ['原因', 'Reason'],
  reasonHint: ['会记入审计', 'Kept in the audit'],
  manage: ['管理', 'Manage'],
  save: ['保存', 'Save'],
  cancel: ['取消', 'Cancel'],
  saved: ['已保存', 'Saved'],
  required: ['请填写', 'Fill this in'],
  ownPost: ['不能授予或结束自己的岗位', 'Nobody grants or ends their own post'],
  empty: ['没有人员', 'No staff'],
  emptyHint: [
    '人员随导入建立，或由安全管理员新建；例如一位客户经理在一个网点有一个岗位。',
    'Staff come with an import or are made by the security administrator; for example an RM with a post at an outlet.',
  ],
  noUnits: ['没有机构', 'No org units'],
  found: (n: string) => [`共 ${n} 个机构`, `${n} org units`],
})

export const kindNames: { readonly [K in OrgUnit['kind']]: Pair } = {
  head_office: ['总行', 'Head office'],
  branch: ['分行', 'Branch'],
  sub_branch: ['支行', 'Sub-branch'],
  outlet: ['网点', 'Outlet'],
}

export const roleNames: { readonly [R in Role]: Pair } = {
  system_admin: ['系统管理员', 'System administrator'],
  security_admin: ['安全管理员', 'Security administrator'],
  auditor: ['审计员', 'Auditor'],
  hq_operator: ['总行运营', 'Head-office operator'],
  approver: ['审批人', 'Approver'],
  branch_operator: ['分行运营', 'Branch operator'],
  relationship_manager: ['客户经理', 'Relationship manager'],
}
