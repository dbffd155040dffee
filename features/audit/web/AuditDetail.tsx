import { Checkbox, Descriptions, Flex, Typography } from 'antd'
import { useMemo, useState } from 'react'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { usePick, useText } from '#platform/web/text.ts'
import type { AuditEntry } from '../common/audit.ts'
import { actionNames, auditText, objectNames } from './audit-text.ts'
import { type ValueRow, valueDiff } from './value-diff.ts'
import './audit.css'

/** One entry: who, what, why, and every value before and after. */
export function AuditDetail({ entry }: { entry: AuditEntry }) {
  const t = useText(auditText)
  const { noted } = useMarks()
  const pick = usePick()
  const format = useFormat()
  const action = actionNames[entry.action]
  const object = objectNames[entry.objectType]
  const items = [
    { key: 'at', label: t.at, children: format.exactTime(entry.at) },
    { key: 'actor', label: t.actor, children: entry.actor },
    { key: 'action', label: t.action, children: action ? noted(pick(action), entry.action) : entry.action },
    {
      key: 'object',
      label: t.objectId,
      children: `${object ? pick(object) : entry.objectType} ${entry.objectId}`,
    },
    ...(entry.reason ? [{ key: 'reason', label: t.reason, children: entry.reason }] : []),
  ]
  return (
    <Flex vertical gap={16}>
      <Descriptions size="small" column={1} items={items} />
      <Values entry={entry} />
      <Typography.Text
        copyable={{ text: entry.hash }}
        className="quiet small"
        style={{ overflowWrap: 'anywhere' }}
      >
        {t.hash} {entry.hash}
      </Typography.Text>
    </Flex>
  )
}

function Values({ entry }: { entry: AuditEntry }) {
  const t = useText(auditText)
  const [isBrief, setBrief] = useState(entry.before !== null)
  const rows = useMemo(() => valueDiff(entry.before, entry.after), [entry])
  if (rows.length === 0) return <span className="quiet">{t.noValues}</span>
  const shown = isBrief ? rows.filter((row) => row.isChanged) : rows
  return (
    <>
      <Checkbox checked={isBrief} onChange={({ target }) => setBrief(target.checked)}>
        {t.onlyChanges}
      </Checkbox>
      <table className="audit-diff">
        <thead>
          <tr>
            <th scope="col">{t.field}</th>
            <th scope="col">{t.before}</th>
            <th scope="col">{t.after}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Row key={row.path} row={row} />
          ))}
        </tbody>
      </table>
    </>
  )
}

function Row({ row }: { row: ValueRow }) {
  const t = useText(auditText)
  const cell = (value: string | null) => (value === null ? <span className="quiet">{t.nothing}</span> : value)
  return (
    <tr className={row.isChanged ? 'audit-changed' : undefined}>
      <th scope="row">{row.path}</th>
      <td>{cell(row.before)}</td>
      <td>{cell(row.after)}</td>
    </tr>
  )
}
