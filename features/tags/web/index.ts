import { PlayCircleOutlined, TagsOutlined } from '@ant-design/icons'
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
    {
      path: '/tag-templates',
      permission: 'tag.read',
      load: async () => (await import('./TemplatesPage.tsx')).TemplatesPage,
    },
    {
      path: '/tag-runs',
      permission: 'tag.read',
      load: async () => (await import('./TagRunsPage.tsx')).TagRunsPage,
    },
    {
      path: '/tag-runs/:runId',
      permission: 'tag.read',
      load: async () => (await import('./TagRunPage.tsx')).TagRunPage,
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
    {
      centre: 'customers',
      path: '/tag-runs',
      label: ['标签运行', 'Tag runs'],
      icon: PlayCircleOutlined,
      permission: 'tag.read',
      keywords: 'bqyx biaoqian yunxing jobs alerts gaojing',
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
  approvals: [
    {
      objectType: 'tag',
      label: ['标签', 'Tag'],
      pathOf: (key) => `/tags/${key}`,
      load: async () => ({ Content: (await import('./TagApproval.tsx')).TagContent }),
    },
  ],
  errors: {
    TAG_STATE: [
      '标签的状态已变化，这一步现在不能做。',
      'The state of the tag has changed; this step is not possible now.',
    ],
    TAG_NOT_OWN: [
      '这个标签属于您范围以外的机构，不能修改。',
      'This tag belongs to an org unit outside yours.',
    ],
    TAG_UNPUBLISHED: ['替代标签须是已发布的标签。', 'The tag to use instead has to be published.'],
    TAG_DIRECTORY_NOT_FOUND: ['没有这个标签目录。', 'There is no such tag folder.'],
    TAG_DIRECTORY_TAKEN: ['这个目录编码已被使用，请换一个。', 'Another folder has this key; choose another.'],
    TAG_DIRECTORY_CYCLE: ['目录不能移到它自己下面。', 'A folder cannot be moved into itself.'],
    TAG_DIRECTORY_DEEP: ['目录层次太深。', 'The folder would lie too deep.'],
    TAG_DIRECTORY_NOT_EMPTY: [
      '目录里还有标签或子目录，不能删除。',
      'The folder still holds tags or folders.',
    ],
    TAG_TEMPLATE_NOT_FOUND: ['没有这个模板。', 'There is no such template.'],
    TAG_TEMPLATE_NEEDS: [
      '这个模板要用到的标签还没有建，请先使用那些模板。',
      'Tags this template needs are missing; use their templates first.',
    ],
    TAG_RUN_NOT_FOUND: ['没有这次运行。', 'There is no such run.'],
    TAG_RUN_ENDED: ['这次运行已经结束。', 'The run has ended already.'],
    TAG_ALERT_NOT_FOUND: ['没有这条告警。', 'There is no such alert.'],
    TAG_ALERT_DONE: ['这条告警已确认或已消失。', 'The alert is acknowledged or gone already.'],
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
