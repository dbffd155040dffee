import { Tag as Badge, Button, type TableColumnsType } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { DataTable } from '#platform/web/DataTable.tsx'
import { useFormat } from '#platform/web/format.ts'
import { ListPage } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { useText } from '#platform/web/text.ts'
import { useList } from '#platform/web/use-list.ts'
import type { Model } from '../common/model.ts'
import { modelText } from './model-text.ts'
import { VersionDialog } from './VersionDialog.tsx'

export const stateColours = { draft: 'default', approved: 'success', retired: 'default' } as const

/** All registered models. */
export function ModelsPage() {
  const t = useText(modelText)
  const may = useMay()
  const navigate = useNavigate()
  const [isOpen, setOpen] = useState(false)
  const list = useList<Model>('/api/models')
  const columns = useColumns()
  const create = may('model.write') && (
    <Button type="primary" onClick={() => setOpen(true)} data-testid="model-new">
      {t.newModel}
    </Button>
  )
  return (
    <ListPage title={t.models} description={t.modelsHint} actions={create}>
      <DataTable
        label={t.models}
        list={list}
        columns={columns}
        rowKey={({ key }) => key}
        onRow={({ key }) => navigate(`/models/${key}`)}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} action={create} />}
      />
      {isOpen && <VersionDialog onClose={() => setOpen(false)} />}
    </ListPage>
  )
}

function useColumns(): TableColumnsType<Model> {
  const t = useText(modelText)
  const format = useFormat()
  return [
    {
      title: t.name,
      key: 'name',
      render: (_, { key, name, purpose }) => (
        <div>
          <Link to={`/models/${key}`}>{name}</Link>
          <div className="quiet small">{purpose}</div>
        </div>
      ),
    },
    { title: t.kind, key: 'kind', width: 130, render: (_, { kind }) => t[kind] },
    { title: t.version, key: 'version', dataIndex: 'version', width: 80, align: 'right' },
    {
      title: t.state,
      key: 'state',
      width: 100,
      render: (_, { state }) => <Badge color={stateColours[state]}>{t[state]}</Badge>,
    },
    { title: t.owner, key: 'owner', dataIndex: 'owner', width: 140 },
    {
      title: t.approvedBy,
      key: 'approved',
      width: 180,
      render: (_, { approvedBy, approvedAt }) =>
        approvedBy && approvedAt ? `${approvedBy} · ${format.time(approvedAt)}` : '—',
    },
  ]
}
