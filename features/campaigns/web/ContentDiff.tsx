import { Card, Checkbox } from 'antd'
import { useMemo, useState } from 'react'
import { useVocabulary } from '#features/rules/web/index.ts'
import { useFormat } from '#platform/web/format.ts'
import { useLanguage } from '#platform/web/language.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { CampaignBody } from '../common/campaign.ts'
import { approvalText } from './approval-text.ts'
import { ContentRows } from './ContentRows.tsx'
import { contentRows, type DiffRow, diffRows, markChange } from './content-diff.ts'
import './campaigns.css'

/** What was submitted, beside what was approved last: field by field, with the changed words marked. */
export function ContentDiff({ before, after }: { before: CampaignBody | null; after: CampaignBody }) {
  const t = useText(approvalText)
  if (before) return <Differences before={before} after={after} />
  return (
    <Card size="small" title={t.diffFirst}>
      <ContentRows body={after} />
    </Card>
  )
}

function Differences({ before, after }: { before: CampaignBody; after: CampaignBody }) {
  const t = useText(approvalText)
  const format = useFormat()
  const language = useLanguage()
  const { names } = useVocabulary()
  const [isBrief, setBrief] = useState(false)
  const rows = useMemo(() => {
    const reader = { names, language, format }
    return diffRows(contentRows(before, reader), contentRows(after, reader))
  }, [before, after, names, language, format])
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
      <table className="diff-table" data-testid="content-diff">
        <thead>
          <tr>
            <th scope="col" className="diff-label">
              {t.field}
            </th>
            <th scope="col">{t.before}</th>
            <th scope="col">{t.after}</th>
          </tr>
        </thead>
        <tbody>
          {(isBrief ? changed : rows).map((row) => (
            <Row key={row.key} row={row} />
          ))}
        </tbody>
      </table>
    </Card>
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
