import { Tooltip } from 'antd'
import { Link } from 'react-router'
import { useFormat } from '#platform/web/format.ts'
import { useText } from '#platform/web/text.ts'
import type { Overlap } from '../common/segment-analysis.ts'
import { segmentDraftPath } from './region-rule.ts'
import { sharingText } from './sharing-text.ts'

/** How much of each row's segment is also in each column's: the darker, the more. */
export function OverlapMatrix(props: {
  overlap: Overlap
  keys: readonly string[]
  names: readonly string[]
}) {
  const t = useText(sharingText)
  const { names } = props
  return (
    <div className="matrix-scroll">
      <table className="overlap-matrix">
        <caption className="quiet small">{t.shareOfRow}</caption>
        <thead>
          <tr>
            <td />
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name, row) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {names.map((other, column) => (
                <Cell key={other} {...props} row={row} column={column} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cell(props: { overlap: Overlap; keys: readonly string[]; row: number; column: number }) {
  const t = useText(sharingText)
  const format = useFormat()
  const { overlap, keys, row, column } = props
  if (row === column) return <td className="matrix-self">{format.number(overlap.counts[row] ?? 0)}</td>
  const [one, other] = row < column ? [row, column] : [column, row]
  const pair = overlap.pairs.find((candidate) => candidate.one === one && candidate.other === other)
  if (!pair) return <td />
  const share = row < column ? pair.shareOfOne : pair.shareOfOther
  const rule = { all: [{ segment: keys[one] ?? '' }, { segment: keys[other] ?? '' }] }
  const hint = [
    `${t.both} ${format.number(pair.both)}`,
    `${t.jaccard} ${pair.jaccard === null ? '–' : format.percent(pair.jaccard, 1)}`,
  ]
  return (
    <td
      style={{
        background: `color-mix(in srgb, var(--ant-color-primary) ${Math.round((share ?? 0) * 60)}%, transparent)`,
      }}
    >
      <Tooltip title={hint.map((line) => <div key={line}>{line}</div>)}>
        <Link to={segmentDraftPath(rule)}>{share === null ? '–' : format.percent(share, 1)}</Link>
      </Tooltip>
    </td>
  )
}
