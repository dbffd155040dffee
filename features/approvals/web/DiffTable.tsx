import { usePick, useText } from '#platform/web/text.ts'
import { approvalText } from './approval-text.ts'
import { type DiffRow, markChange } from './content-diff.ts'
import './approvals.css'

/** Two contents side by side, with the changed words marked. */
export function DiffTable(props: { rows: readonly DiffRow[]; before?: string; after?: string }) {
  const t = useText(approvalText)
  return (
    <table className="diff-table" data-testid="content-diff">
      <thead>
        <tr>
          <th scope="col" className="diff-label">
            {t.field}
          </th>
          <th scope="col">{props.before ?? t.before}</th>
          <th scope="col">{props.after ?? t.after}</th>
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <Row key={row.key} row={row} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ row }: { row: DiffRow }) {
  const t = useText(approvalText)
  const pick = usePick()
  const { start, removed, added, end } = markChange(row.before ?? '', row.after ?? '')
  const none = <span className="quiet">{t.nothing}</span>
  return (
    <tr className={row.isChanged ? 'diff-changed' : undefined}>
      <th scope="row" className="diff-label">
        {pick(row.label)}
      </th>
      <td>
        {row.before === null ? (
          none
        ) : (
          <>
            {start}
            {removed && <del>{removed}</del>}
            {end}
          </>
        )}
      </td>
      <td>
        {row.after === null ? (
          none
        ) : (
          <>
            {start}
            {added && <ins>{added}</ins>}
            {end}
          </>
        )}
      </td>
    </tr>
  )
}
