import { Card, Checkbox } from 'antd'
import { type ReactNode, useMemo, useState } from 'react'
import { usePick, useText } from '#platform/web/text.ts'
import { approvalText } from './approval-text.ts'
import { type ContentRow, diffRows } from './content-diff.ts'
import { DiffTable } from './DiffTable.tsx'
import './approvals.css'

type Rows = readonly ContentRow[]

/** What was submitted, beside what was approved last: field by field. `show` draws a row of new content better than its text. */
export function ContentDiff(props: {
  before: Rows | null
  after: Rows
  show?: (row: ContentRow) => ReactNode
}) {
  const t = useText(approvalText)
  const pick = usePick()
  if (props.before) return <Differences before={props.before} after={props.after} />
  return (
    <Card size="small" title={t.diffFirst}>
      <dl className="content-rows">
        {props.after.map((row) => (
          <div key={row.key} style={{ display: 'contents' }}>
            <dt>{pick(row.label)}</dt>
            <dd>{props.show?.(row) ?? row.text}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

function Differences({ before, after }: { before: Rows; after: Rows }) {
  const t = useText(approvalText)
  const [isBrief, setBrief] = useState(false)
  const rows = useMemo(() => diffRows(before, after), [before, after])
  const changed = rows.filter((row) => row.isChanged)
  return (
    <Card
      size="small"
      title={
        <span style={{ whiteSpace: 'normal' }}>
          {changed.length === 0 ? t.diffNone : t.diffTitle(changed.length)}
        </span>
      }
      extra={
        <Checkbox checked={isBrief} onChange={({ target }) => setBrief(target.checked)}>
          {t.onlyChanges}
        </Checkbox>
      }
    >
      <DiffTable rows={isBrief ? changed : rows} />
    </Card>
  )
}
