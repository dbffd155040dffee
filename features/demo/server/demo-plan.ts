import { eventName, fieldName } from '#features/customers/common/event-words.ts'
import type { ImportPlan } from '#features/plan/common/plan.ts'

type FileEvent = ImportPlan['plan']['events'][number]
type FileProperty = NonNullable<FileEvent['properties']>[number]

/** Properties that mean the same in every event; all others are texts. */
const kinds: Readonly<Record<string, Partial<FileProperty>>> = {
  amount: { type: 'number', class: 'C2', example: '1000' },
  cost: { type: 'number', example: '0.05' },
  points: { type: 'integer', example: '100' },
  seconds: { type: 'number', example: '12.5' },
  position: { type: 'integer', example: '1' },
  expires_at: { type: 'string', example: '2027-03-10' },
  resolved: { type: 'boolean', example: 'true' },
  risk_level: { class: 'C2', example: 'C3' },
  channel: { example: 'app' },
  page: { example: 'wealth' },
  space: { example: 'main' },
  product: { example: 'W01' },
  family: { example: 'wealth' },
  version: { example: '9.1.0' },
}

/** `!` marks what must be there. */
const property = (word: string): FileProperty => {
  const name = word.replace('!', '')
  const zh = fieldName(name, 'zh')
  return {
    name,
    type: 'string',
    required: word.endsWith('!'),
    description: zh === name ? '' : zh,
    ...kinds[name],
  }
}

const standard: readonly (readonly [names: string, properties: string])[] = [
  ['app_opened', 'version space page referrer'],
  ['page_viewed', 'page space referrer version product title url name category'],
  ['logged_in', 'method page space version'],
  ['logged_out', 'page space version'],
  ['slot_exposed slot_clicked slot_closed', 'slot! placement content decision position campaign'],
  ['flow_started flow_completed', 'flow! step reason product channel'],
  ['flow_step flow_abandoned', 'flow! step! reason product channel'],
  ['account_opened card_activated card_bound', 'product channel'],
  ['risk_assessed', 'risk_level! expires_at'],
  ['money_in money_out', 'amount! channel counterparty_type product'],
  ['salary_received', 'amount! channel counterparty_type'],
  ['product_purchased product_redeemed product_matured', 'product! family amount order'],
  ['deposit_matured', 'product family amount order'],
  [
    'touch_sent touch_delivered touch_read touch_clicked touch_replied',
    'touch channel! campaign journey node provider cost',
  ],
  ['touch_failed', 'touch channel! campaign journey node provider reason'],
  ['touch_stopped', 'code! channel campaign'],
  ['consent_given consent_withdrawn opted_out', 'purpose channel version'],
  ['personalisation_switched', 'value channel version'],
  ['segment_entered segment_left', 'segment!'],
  ['tag_changed', 'tag! from to'],
  ['lifecycle_changed tier_changed', 'from to!'],
  ['lead_created lead_assigned lead_accepted lead_contacted', 'lead! org staff campaign'],
  ['lead_closed', 'lead! org staff campaign outcome! reason'],
  ['activity_joined', 'activity!'],
  ['prize_won', 'activity! prize!'],
  ['points_changed', 'points! activity reason'],
  ['conversation_started conversation_handed_over', 'channel staff intent'],
  ['conversation_ended', 'channel staff intent resolved'],
  ['identified profile_updated aliased', ''],
  ['group_joined', 'group'],
  ['element_clicked element_exposed', 'page space'],
  ['app_hidden', 'page seconds'],
  ['page_shared', 'page via from'],
]

const ownNames: Readonly<Record<string, { zh: string; en: string }>> = {
  identified: { zh: '确认身份', en: 'Identified' },
  profile_updated: { zh: '更新资料', en: 'Profile updated' },
  aliased: { zh: '关联旧标识', en: 'Aliased' },
  group_joined: { zh: '加入群组', en: 'Joined a group' },
  element_clicked: { zh: '点击元素', en: 'Clicked an element' },
  element_exposed: { zh: '看到元素', en: 'Saw an element' },
  app_hidden: { zh: '切到后台', en: 'App went to the background' },
  page_shared: { zh: '分享页面', en: 'Shared a page' },
}

const places: Readonly<Record<string, FileEvent['places']>> = {
  app_opened: [{ space: 'main' }, { space: '幸福生活版' }],
  page_viewed: [
    { space: 'main', page: 'home' },
    { space: 'main', page: 'account' },
    { space: 'main', page: 'wealth' },
    { space: 'main', page: 'transfer' },
    { space: 'elder', page: 'home' },
  ],
}

/** The demo bank's tracking plan: the standard events, and those the SDK and the platform send themselves. */
export const demoPlan: ImportPlan['plan'] = {
  format: 'zhike-tracking-plan',
  version: 1,
  events: standard.flatMap(([names, properties]) =>
    names.split(' ').map((key) => ({
      key,
      state: 'active' as const,
      name: ownNames[key] ?? { zh: eventName(key, 'zh'), en: eventName(key, 'en') },
      owner: 'hq',
      properties: properties === '' ? [] : properties.split(' ').map(property),
      places: places[key] ?? [],
    })),
  ),
}
