import { ApartmentOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** The bank's units, people and posts. */
export const org: WebFeature = {
  routes: [
    { path: '/org', permission: 'staff.read', load: async () => (await import('./OrgPage.tsx')).OrgPage },
  ],
  menu: [
    {
      centre: 'governance',
      path: '/org',
      label: ['机构与人员', 'Org and staff'],
      icon: ApartmentOutlined,
      permission: 'staff.read',
      keywords: 'jg jigou ry renyuan xt system xitong gangwei posts',
    },
  ],
  errors: {
    ORG_UNIT_NOT_FOUND: ['没有这个机构代码。', 'No org unit has this code.'],
    ORG_UNIT_CODE_TAKEN: ['这个机构代码已被使用。', 'Another org unit has this code.'],
    ORG_UNIT_LOOP: ['机构不能放在自己的下级。', 'A unit cannot be placed below itself.'],
    ORG_UNIT_CHANGED_LATER: ['这个机构在该日或之后已有变动。', 'The unit has a change on or after that day.'],
    STAFF_NOT_FOUND: ['没有这位人员。', 'No staff member has this number.'],
    STAFF_TAKEN: ['工号或用户名已被使用。', 'The number or user name is taken.'],
    POST_EXISTS: ['这位人员已有这个岗位。', 'This person holds that post already.'],
    POST_NOT_FOUND: ['这位人员没有这个岗位。', 'This person does not hold that post.'],
    OWN_ACCOUNT: [
      '不能停用自己的账号或重置自己的密码，请由另一位管理员操作。',
      'Nobody ends their own account or resets their own password; another administrator does.',
    ],
    USERNAME_MISSING: ['此人还没有用户名，请先设置。', 'There is no user name yet; give one first.'],
    PASSWORD_WRONG: ['当前密码不对。', 'The current password is wrong.'],
    OWN_POST: ['不能授予或结束自己的岗位。', 'Nobody grants or ends their own post.'],
  },
}
