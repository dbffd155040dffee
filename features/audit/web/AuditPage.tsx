import { Drawer, Select, type TableColumnsType, Tooltip } from 'antd'
import { useState } from 'react'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { useMarks } from '#platform/web/marks.ts'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { AuditEntry } from '../common/audit.ts'
import { AuditDetail } from './AuditDetail.tsx'
import { actionNames, auditText, objectNames } from './audit-text.ts'
import { VerifyButton } from './VerifyButton.tsx'

const filterNames = ['actor', 'action', 'objectType', 'objectId'] as const

export function AuditPage() {
  const t = useText(auditText)
  const format = useFormat()
  const filters = useFilters(filterNames)
  const list = useList<AuditEntry>('/api/audit', filters.values)
  const columns = useColumns()
  const [open, setOpen] = useState<AuditEntry | null>(null)
  return (
    <ListPage
      title={t.audit}
      description={t.auditHint}
      actions={<VerifyButton />}
      filters={<Filters filters={filters} />}
    >
      <DataTable
        label={t.audit}
        list={list}
        columns={columns}
        rowKey={(entry) => String(entry.seq)}
        isFiltered={filters.isFiltered}
        onClearFilters={filters.clear}
        onRow={setOpen}
        minWidth={860}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} />}
      />
      <Drawer
        open={open !== null}
        onClose={() => setOpen(null)}
        size={640}
        title={open ? t.detail(format.number(open.seq)) : ''}
        destroyOnHidden
      >
        {open && <AuditDetail entry={open} />}
      </Drawer>
    </ListPage>
  )
}

function Filters({ filters }: { filters: ReturnType<typeof useFilters<(typeof filterNames)[number]>> }) {
  const t = useText(auditText)
  const { noted } = useMarks()
  const pick = usePick()
  const { values, set } = filters
  const actions = Object.entries(actionNames).map(([value, pair]) => ({
    value,
    label: noted(pick(pair), value),
  }))
  return (
    <>
      <SearchBox label={t.actor} value={values.actor} onChange={(actor) => set({ actor })} width={160} />
      <Select
        aria-label={t.action}
        placeholder={t.action}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        style={{ minWidth: 220 }}
        value={values.action || undefined}
        onChange={(action) => set({ action })}
        options={actions}
      />
      <Select
        aria-label={t.objectType}
        style={{ minWidth: 128 }}
        value={values.objectType}
        onChange={(objectType) => set({ objectType })}
        options={[
          { value: '', label: t.allTypes },
          ...Object.entries(objectNames).map(([value, pair]) => ({ value, label: pick(pair) })),
        ]}
      />
      <SearchBox
        label={t.objectId}
        value={values.objectId}
        onChange={(objectId) => set({ objectId })}
        width={200}
      />
    </>
  )
}

function useColumns(): TableColumnsType<AuditEntry> {
  const t = useText(auditText)
  const pick = usePick()
  const format = useFormat()
  const wordsOf = (table: Readonly<Record<string, readonly [string, string]>>, code: string) =>
    table[code] ? pick(table[code]) : code
  return [
    { title: t.seq, key: 'seq', width: 88, align: 'right', render: (_, { seq }) => format.number(seq) },
    {
      title: t.at,
      key: 'at',
      width: 164,
      render: (_, { at }) => <span className="nowrap">{format.exactTime(at)}</span>,
    },
    { title: t.actor, key: 'actor', dataIndex: 'actor', width: 120 },
    {
      title: t.action,
      key: 'action',
      width: 160,
      render: (_, { action }) => <Tooltip title={action}>{wordsOf(actionNames, action)}</Tooltip>,
    },
    {
      title: t.objectId,
      key: 'object',
      width: 220,
      render: (_, { objectType, objectId }) => (
        <span>
          <span className="quiet">{wordsOf(objectNames, objectType)}</span> {objectId}
        </span>
      ),
    },
    {
      title: t.reason,
      key: 'reason',
      ellipsis: { showTitle: false },
      render: (_, { reason }) =>
        reason ? (
          <Tooltip title={reason} placement="topLeft">
            {reason}
          </Tooltip>
        ) : (
          <span className="quiet">–</span>
        ),
    },
  ]
}
