import { useText } from '#platform/web/text.ts'
import { tagText } from './tag-text.ts'

const mostBars = 16
const height = 22
const step = 6

/** How a tag's values are spread, small enough for a line of a table. */
export function TinyDistribution({ counts }: { counts: readonly number[] | null }) {
  const t = useText(tagText)
  if (!counts || counts.length === 0) return <span className="quiet">–</span>
  const bars = counts.slice(0, mostBars)
  const most = Math.max(...bars, 1)
  return (
    <svg
      width={bars.length * step}
      height={height}
      role="img"
      aria-label={`${t.distribution}: ${bars.join(', ')}`}
      style={{ display: 'block' }}
    >
      {bars.map((count, index) => {
        const tall = count === 0 ? 0 : Math.max(1, (count / most) * height)
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: bars have no name, only their place
            key={index}
            x={index * step}
            y={height - tall}
            width={step - 1}
            height={tall}
            fill="var(--ant-color-primary)"
          />
        )
      })}
    </svg>
  )
}
