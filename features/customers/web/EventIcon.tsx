import {
  BankOutlined,
  BulbOutlined,
  CommentOutlined,
  EyeOutlined,
  FileDoneOutlined,
  GiftOutlined,
  LoginOutlined,
  NotificationOutlined,
  SafetyOutlined,
  ShoppingOutlined,
  StopOutlined,
  SwapOutlined,
  TeamOutlined,
  ThunderboltOutlined,
} from '@ant-design/icons'
import type { ComponentType } from 'react'

/** Icons by the first word of an event's name; the more special names come first. */
const icons: readonly (readonly [start: string, icon: ComponentType])[] = [
  ['touch_stopped', StopOutlined],
  ['touch_failed', StopOutlined],
  ['opted_out', StopOutlined],
  ['app_', LoginOutlined],
  ['logged_', LoginOutlined],
  ['page_', EyeOutlined],
  ['slot_', BulbOutlined],
  ['flow_', FileDoneOutlined],
  ['account_', BankOutlined],
  ['card_', BankOutlined],
  ['term_deposit', BankOutlined],
  ['risk_', SafetyOutlined],
  ['money_', SwapOutlined],
  ['salary_', SwapOutlined],
  ['product_', ShoppingOutlined],
  ['deposit_', ShoppingOutlined],
  ['touch_', NotificationOutlined],
  ['campaign_', NotificationOutlined],
  ['consent_', SafetyOutlined],
  ['personalisation_', SafetyOutlined],
  ['segment_', TeamOutlined],
  ['tag_', TeamOutlined],
  ['lifecycle_', TeamOutlined],
  ['tier_', TeamOutlined],
  ['lead_', FileDoneOutlined],
  ['activity_', GiftOutlined],
  ['prize_', GiftOutlined],
  ['points_', GiftOutlined],
  ['conversation_', CommentOutlined],
]

/** The picture of an event in the timeline. */
export function EventIcon({ name }: { name: string }) {
  const [, Icon = ThunderboltOutlined] = icons.find(([start]) => name.startsWith(start)) ?? []
  return <Icon />
}
