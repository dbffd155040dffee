import { useFormat } from '#platform/web/format.ts'
import type { Overlap } from '../common/segment-analysis.ts'
import { placesOf } from './venn-places.ts'

const colours = ['var(--ant-color-primary)', 'var(--ant-gold, #d48806)', 'var(--ant-cyan, #08979c)']

/** Two or three sets as circles, each region with its count. Sizes are in the numbers, not in the areas. */
export function Venn(props: {
  names: readonly string[]
  counts: readonly number[]
  regions: NonNullable<Overlap['regions']>
}) {
  const format = useFormat()
  const { circles, labels } = placesOf(props.names.length)
  const words = props.regions.map(
    ({ in: inside, count }) => `${inside.map((at) => props.names[at]).join(' ∩ ')}: ${count}`,
  )
  return (
    <svg viewBox="0 0 360 300" className="venn" role="img" aria-label={words.join('; ')}>
      {circles.map(({ x, y, nameX, nameY }, index) => (
        <g key={props.names[index]}>
          <circle
            cx={x}
            cy={y}
            r={88}
            fill={colours[index]}
            fillOpacity={0.22}
            stroke={colours[index]}
            strokeWidth={1.5}
          />
          <text x={nameX} y={nameY} textAnchor="middle" className="venn-name">
            {shorten(props.names[index] ?? '')}
          </text>
        </g>
      ))}
      {props.regions.map((region) => {
        const place = labels[region.in.join('')]
        return (
          place && (
            <text key={region.in.join('')} x={place.x} y={place.y} textAnchor="middle" className="venn-count">
              {format.compact(region.count)}
            </text>
          )
        )
      })}
    </svg>
  )
}

const shorten = (name: string): string => (name.length > 14 ? `${name.slice(0, 13)}…` : name)
