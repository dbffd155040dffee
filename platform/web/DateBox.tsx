import { DatePicker } from 'antd'
import dayjs from 'dayjs'
import 'dayjs/locale/zh-cn'
import type { CSSProperties } from 'react'
import { useLanguage } from './language.ts'

const formats = { day: 'YYYY-MM-DD', minute: 'YYYY-MM-DDTHH:mm' } as const

/**
 * A day, or a minute of the bank's clock, typed or picked; in and out as text (`2026-11-24`, `2026-11-24T09:30`), empty
 * for none. The browser's own boxes write dates its own way, whatever language the page is in.
 */
export function DateBox(props: {
  value?: string
  onChange?: (text: string) => void
  hasTime?: boolean
  id?: string
  label?: string
  testId?: string
  style?: CSSProperties
}) {
  const language = useLanguage()
  const format = props.hasTime ? formats.minute : formats.day
  const value = props.value ? dayjs(props.value).locale(language === 'zh' ? 'zh-cn' : 'en') : null
  return (
    <DatePicker
      {...(props.id && { id: props.id })}
      {...(props.label && { 'aria-label': props.label, placeholder: props.label })}
      {...(props.testId && { 'data-testid': props.testId })}
      {...(props.hasTime && { showTime: { format: 'HH:mm' } })}
      format={props.hasTime ? 'YYYY-MM-DD HH:mm' : format}
      value={value?.isValid() ? value : null}
      onChange={(moment) => props.onChange?.(moment ? moment.format(format) : '')}
      // What was typed counts when one leaves the box, not only after Enter.
      needConfirm={false}
      style={{ width: '100%', ...props.style }}
    />
  )
}
