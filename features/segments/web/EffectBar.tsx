import { useFormat } from '#platform/web/format.ts'

/** An effect size as a bar from the middle: to the right where this side has more. */
export function EffectBar(props: { effect: number | null; measure: 'd' | 'h'; largest: number }) {
  const format = useFormat()
  const { effect, measure, largest } = props
  if (effect === null) return <span className="quiet">–</span>
  const width = (Math.abs(effect) / largest) * 50
  const text = `${effect > 0 ? '+' : ''}${format.number(Math.round(effect * 100) / 100)}`
  return (
    <span className="effect" role="img" aria-label={`${measure} = ${text}`}>
      <span className="effect-track" aria-hidden="true">
        <span
          className={effect > 0 ? 'effect-more' : 'effect-less'}
          style={{ width: `${width}%`, left: effect > 0 ? '50%' : `${50 - width}%` }}
        />
      </span>
      <span className="effect-number">
        {measure} {text}
      </span>
    </span>
  )
}
