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
    RULE_ORG_UNKNOWN: ['规则引用的机构不存在。', 'The rule names an org unit that does not exist.'],
    RULE_LIST_UNKNOWN: ['规则引用的名单不存在。', 'The rule names a list that does not exist.'],
    RULE_TAG_NOT_RANKED: [
      '只能按数值或日期标签取前几名。',
      'Only tags of numbers or dates can rank customers.',
    ],
    SEGMENT_REQUESTER_GONE: [
      '申请人已不再拥有所需的权限。',
      'Whoever asked for this holds no post that allows it any more.',
    ],
    SNAPSHOT_NOT_FOUND: [
      '没有这个快照，可能已被删除。',
      'There is no such snapshot; it may have been deleted.',
    ],
    SNAPSHOT_NOT_READY: ['这个快照还不能用，或已过期。', 'This snapshot is not ready, or has expired.'],
    SNAPSHOT_OF_OTHER: ['只能与同一客群的快照比较。', 'Only snapshots of the same segment can be compared.'],
    EXPORT_NOT_FOUND: ['没有这个导出。', 'There is no such export.'],
    EXPORT_NOT_READY: ['文件还没生成，或已过下载期限。', 'The file is not ready, or its time is over.'],
    EXPORT_NOT_YOURS: [
      '只有申请人可以下载，请自行申请。',
      'Only whoever asked may fetch it; ask for one of your own.',
    ],
    EXPORT_BALANCES: [
      '所选字段含余额类敏感信息，您无权查看这些客户的余额。',
      'Some columns hold balances of customers whose balances you may not see.',
    ],
    EXPORT_TAG_UNKNOWN: ['所选标签没有可导出的值。', 'Some of the tags have no values to export.'],
    EXPORT_GREW: [
      '申请后人数明显增加或规则已改，请重新申请。',
      'The segment grew or changed since; ask again.',
    ],
    SUBSCRIPTION_NOT_FOUND: ['没有这个订阅。', 'There is no such subscription.'],
    SUBSCRIPTION_STATE: ['订阅当前的状态不允许这样做。', "The subscription's state does not allow this now."],
    WEBHOOK_URL_REFUSED: [
      '不能向这个地址推送：须为公网 https 地址，内网地址需系统管理员放行。',
      'Webhooks cannot go there: use a public https address, or have the administrator allow a private one.',
    ],
    SEGMENT_KEY_TAKEN: [
      '这个编码已被其他客群使用，请换一个。',
      'Another segment has this key; choose another.',
    ],
    SEGMENT_IN_USE: ['还有其他客群或活动在使用它。', 'Other segments or campaigns still use it.'],
  },
}
