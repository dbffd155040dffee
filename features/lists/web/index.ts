import { OrderedListOutlined } from '@ant-design/icons'
import type { WebFeature } from '#platform/web/feature.ts'

/** Pages of fixed customer lists. */
export const lists: WebFeature = {
  routes: [
    {
      path: '/lists',
      permission: 'list.read',
      load: async () => (await import('./ListsPage.tsx')).ListsPage,
    },
    {
      path: '/lists/:key',
      permission: 'list.read',
      load: async () => (await import('./ListDetailPage.tsx')).ListDetailPage,
    },
  ],
  menu: [
    {
      centre: 'customers',
      path: '/lists',
      label: ['客户名单', 'Lists'],
      icon: OrderedListOutlined,
      permission: 'list.read',
      keywords: 'md khmd mingdan csv upload',
    },
  ],
  errors: {
    LIST_NOT_FOUND: ['没有这份名单，可能已被删除。', 'There is no such list; it may have been deleted.'],
    LIST_KEY_TAKEN: ['这个编码已被其他名单使用，请换一个。', 'Another list has this key; choose another.'],
    LIST_NOT_OWN: ['这份名单属于其他机构，您不能修改。', 'The list belongs to another org unit.'],
    LIST_IN_USE: [
      '还有标签、客群或活动在使用这份名单，不能删除。',
      'Tags, segments or campaigns still use the list.',
    ],
    LIST_FILE_BROKEN: ['文件不是 UTF-8 编码的 CSV，请另存后重试。', 'The file is no CSV in UTF-8.'],
    LIST_FILE_EMPTY: ['文件里没有客户号。', 'The file names no customer.'],
    LIST_FILE_TOO_LARGE: [
      '文件太大，请拆成几份名单。',
      'The file is too large; split it into several lists.',
    ],
    LIST_UPLOAD_CUT_OFF: [
      '上传中断，原名单没有改变，请重试。',
      'The upload broke off; the list is unchanged.',
    ],
    LIST_UPLOAD_NOT_FOUND: ['没有这次上传。', 'There is no such upload.'],
  },
}
