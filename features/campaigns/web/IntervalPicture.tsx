import { Tooltip } from 'antd'
import { certaintyOf, type Interval, placeIn } from './interval.ts'
import './campaigns.css'

/** An interval drawn on a span it shares with others: limits, estimate, and where zero is. */
export function IntervalPicture(props: {
  interval: Interval
  span: { from: number; to: number }
  words: string
  method: string
}) {
  const { interval, span } = props
  const at = (value: number) => `${placeIn(span, value)}%`
  const isUnsure = certaintyOf(interval) === 'unsure'
  return (
    <Tooltip
      title={
        <>
          <div>{props.words}</div>
          <div>{props.method}</div>
        </>
      }
    >
      <svg
        className={isUnsure ? 'interval interval-unsure' : 'interval'}
        role="img"
        aria-label={`${props.words} ${props.method}`}
      >
        <line className="interval-zero" x1={at(0)} x2={at(0)} y1="0" y2="24" />
        <line className="interval-line" x1={at(interval.low)} x2={at(interval.high)} y1="12" y2="12" />
        <line className="interval-line" x1={at(interval.low)} x2={at(interval.low)} y1="7" y2="17" />
        <line className="interval-line" x1={at(interval.high)} x2={at(interval.high)} y1="7" y2="17" />
        <circle className="interval-dot" cx={at(interval.value)} cy="12" r="4" />
      </svg>
    </Tooltip>
  )
}
