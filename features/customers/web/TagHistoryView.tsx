import { useQuery } from '@tanstack/react-query'
import { Flex, Timeline } from 'antd'
import { api, pathOf } from '#platform/web/api.ts'
import { useFormat } from '#platform/web/format.ts'
import { Loaded } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import type { TagHistory } from '../common/customer-tags.ts'
import { customerText } from './customer-text.ts'
import { tagValueWords } from './TagsCard.tsx'

export const useTagHistory = (customerNo: string, tagKey: string) =>
  useQuery({
    queryKey: ['/api/customers', customerNo, 'tags', tagKey, 'history'],
    queryFn: ({ signal }) =>
      api.get<TagHistory>(pathOf`/api/customers/${customerNo}/tags/${tagKey}/history`, undefined, signal),
  })

/** How a tag's value changed: a line for numbers, and each value with when it began. */
export function TagHistoryView({ customerNo, tagKey }: { customerNo: string; tagKey: string }) {
  const t = useText(customerText)
  const format = useFormat()
  const history = useTagHistory(customerNo, tagKey)
  return (
    <Loaded query={history} rows={2}>
      {({ items, type, unit, isComplete }) => (
        <Flex vertical gap={8} style={{ padding: '4px 0 8px 12px' }}>
          {type === 'number' && (
            <Sparkline values={items.map((one) => one.number).reverse()} label={t.tagTrend} />
          )}
          <Timeline
            items={items.slice(0, 20).map((one) => ({
              key: one.at,
              content: (
                <span>
                  <span className="quiet small">{format.time(one.at)}</span>{' '}
                  {one.value === null ? (
                    <span className="quiet">{t.noValue}</span>
                  ) : (
                    <strong>{tagValueWords({ type, value: one.value, unit }, t, format)}</strong>
                  )}
                </span>
              ),
            }))}
          />
          {(!isComplete || items.length > 20) && <span className="quiet small">{t.olderLeftOut}</span>}
        </Flex>
      )}
    </Loaded>
  )
}

const [width, height] = [240, 40]

/** The way a number went, oldest at the left; where there was none, the line breaks. */
function Sparkline({ values, label }: { values: readonly (number | null)[]; label: string }) {
  const numbers = values.filter((value): value is number => value !== null)
  if (numbers.length < 2) return null
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)]
  const x = (index: number) => 2 + (index / (values.length - 1)) * (width - 4)
  const y = (value: number) => height - 3 - ((value - least) / (most - least || 1)) * (height - 6)
  const path = values
    .map((value, index) =>
      value === null
        ? ''
        : `${index === 0 || values[index - 1] === null ? 'M' : 'L'} ${x(index)} ${y(value)}`,
    )
    .join(' ')
  return (
    <svg width={width} height={height} role="img" aria-label={`${label}: ${numbers.join(', ')}`}>
      <path d={path} fill="none" stroke="var(--ant-color-primary)" strokeWidth={1.5} />
    </svg>
  )
}
