import { TagsOutlined } from '@ant-design/icons'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import type { WebFeature } from '#platform/web/feature.ts'
import { getLanguage } from '#platform/web/language.ts'
import type { Tag } from '../common/tag.ts'

/** Pages of tags. */
export const tags: WebFeature = {
  routes: [
    {
      path: '/tags',
      permission: 'tag.read',
      load: async () => (await import('./TagListPage.tsx')).TagListPage,
    },
    {
      path: '/tags/new',
      permission: 'tag.write',
      load: async () => (await import('./TagEditPage.tsx')).TagEditPage,
    },
    { path: '/tags/:key', permission: 'tag.read', load: async () => (await import('./TagPage.tsx')).TagPage },
    {
      path: '/tags/:key/edit',
      permission: 'tag.write',
      load: async () => (await import('./TagEditPage.tsx')).TagEditPage,
    },
  ],
  menu: [
    {
      centre: 'customers',
      path: '/tags',
      label: ['标签', 'Tags'],
      icon: TagsOutlined,
      permission: 'tag.read',
      keywords: 'bq biaoqian label',
    },
  ],
  search: [
    {
      label: ['标签', 'Tags'],
      permission: 'tag.read',
      find: async (q, signal) => {
        const found = await api.get<Page<Tag>>('/api/tags', { q, limit: 6 }, signal)
        return found.items.map((tag) => ({
          path: `/tags/${tag.key}`,
          title: tag.name[getLanguage()],
          hint: tag.key,
        }))
      },
    },
  ],
  errors: {
    TAG_NOT_FOUND: ['没有这个标签，可能已被删除。', 'There is no such tag; it may have been deleted.'],
    TAG_CYCLE: [
      '这个标签会用到它自己，请改一改规则。',
      'The tag would be computed from itself; change its rule.',
    ],
    TAG_KEY_TAKEN: ['这个编码已被其他标签使用，请换一个。', 'Another tag has this key; choose another.'],
    TAG_IN_USE: [
      '还有客群、标签或活动在使用它，不能删除。请先看“被谁使用”。',
      'Segments, tags or campaigns still use it, so it stays. See "Used by" first.',
    ],
  },
}
