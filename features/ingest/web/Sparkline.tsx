const width = 96
const height = 24

/** A small line of a number over time, always from zero; the words beside it carry the meaning. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const top = Math.max(1, ...values)
  const step = width / Math.max(1, values.length - 1)
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(1)},${(height - 2 - (value / top) * (height - 4)).toFixed(1)}`,
  )
  return (
    <svg width={width} height={height} role="img" aria-label={label} style={{ verticalAlign: 'middle' }}>
      <polyline points={points.join(' ')} fill="none" stroke="var(--ant-color-primary)" strokeWidth="1.5" />
    </svg>
  )
}
