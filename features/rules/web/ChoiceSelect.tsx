import { Flex, Select } from 'antd'
import { closeness, isMeant, useSearchWords } from './pinyin-words.ts'

export type Choice = { value: string; label: string; texts?: readonly string[]; hint?: string }

/** Chooses one of many by typing: Chinese, English, the key, pinyin or its initials; all by keyboard. */
export function ChoiceSelect(props: {
  label: string
  value: string
  choices: readonly Choice[]
  onChange: (value: string) => void
  isFresh?: boolean
  placeholder?: string | undefined
  isClearable?: boolean | undefined
  testId?: string
  minWidth?: number
}) {
  const wordsOf = useSearchWords()
  const { value, choices } = props
  const isKnown = value === '' || choices.some((one) => one.value === value)
  const all = isKnown ? choices : [{ value, label: value }, ...choices]
  return (
    <Select
      aria-label={props.label}
      placeholder={props.placeholder ?? props.label}
      allowClear={props.isClearable ?? false}
      autoFocus={props.isFresh}
      data-testid={props.testId}
      value={value || undefined}
      onChange={(next?: string) => props.onChange(next ?? '')}
      options={all.map(({ texts = [], ...one }) => ({
        ...one,
        words: wordsOf(one.label, ...texts, one.value),
      }))}
      showSearch={{
        filterOption: (typed, option) => isMeant(typed, option?.words ?? ''),
        filterSort: (one, other, { searchValue }) =>
          closeness(searchValue, one.words) - closeness(searchValue, other.words),
      }}
      optionRender={({ data }) => (
        <Flex justify="space-between" gap={24}>
          <span>
            {data.label} {data.label !== data.value && <span className="quiet small">{data.value}</span>}
          </span>
          {data.hint && <span className="quiet small">{data.hint}</span>}
        </Flex>
      )}
      popupMatchSelectWidth={false}
      style={{ minWidth: props.minWidth ?? 168, maxWidth: 300 }}
    />
  )
}
