import { TeamOutlined } from '@ant-design/icons'
import type { Page } from '#platform/common/http.ts'
import { api } from '#platform/web/api.ts'
import type { WebFeature } from '#platform/web/feature.ts'
import type { Segment } from '../common/segment.ts'

/** Pages of segments. */
export const segments: WebFeature = {
  routes: [
    {
      path: '/segments',
      permission: 'segment.read',
      load: async () => (await import('./SegmentListPage.tsx')).SegmentListPage,
    },
    {
      path: '/segments/new',
      permission: 'segment.write',
      load: async () => (await import('./SegmentEditPage.tsx')).SegmentEditPage,
    },
    {
      path: '/segments/:key',
      permission: 'segment.read',
      load: async () => (await import('./SegmentPage.tsx')).SegmentPage,
    },
    {
      path: '/segments/:key/edit',
      permission: 'segment.write',
      load: async () => (await import('./SegmentEditPage.tsx')).SegmentEditPage,
    },
  ],
  menu: [
    {
      centre: 'customers',
      path: '/segments',
      label: ['客群', 'Segments'],
      icon: TeamOutlined,
      permission: 'segment.read',
      keywords: 'kq kequn audience',
    },
  ],
  search: [
    {
      label: ['客群', 'Segments'],
      permission: 'segment.read',
      find: async (q, signal) => {
        const found = await api.get<Page<Segment>>('/api/segments', { q, limit: 6 }, signal)
        return found.items.map((segment) => ({
          path: `/segments/${segment.key}`,
          title: segment.name,
          hint: segment.key,
        }))
      },
    },
  ],
  errors: {
    SEGMENT_NOT_FOUND: [
      '没有这个客群，可能已被删除。',
      'There is no such segment; it may have been deleted.',
    ],
    SEGMENT_NOT_YOURS: [
      '这个客群属于您机构范围以外的机构，不能修改。',
      'This segment belongs to an org unit outside yours; you cannot change it.',
    ],
    RULE_TOO_LARGE: [
      '规则太大：条件太多或层级太深（含引用的客群）。',
      'The rule is too large: too many conditions or levels, used segments included.',
    ],
    RULE_CYCLE: [
      '规则绕回了这个客群自己，请去掉这处引用。',
      'The rule leads back to this segment itself; take that reference out.',
    ],
    RULE_SEGMENT_UNKNOWN: ['规则引用的客群已不存在。', 'The rule uses a segment that no longer exists.'],
    RULE_TAG_UNKNOWN: ['规则引用的标签已不存在。', 'The rule uses a tag that no longer exists.'],
    RULE_TAG_NOT_COMPUTED: [
      '规则引用的标签还没有算出值，请先刷新标签。',
      'The rule uses a tag that has no values yet; refresh the tag first.',
    ],
    SEGMENT_KEY_TAKEN: [
      '这个编码已被其他客群使用，请换一个。',
      'Another segment has this key; choose another.',
    ],
    SEGMENT_IN_USE: ['还有其他客群或活动在使用它。', 'Other segments or campaigns still use it.'],
  },
}
