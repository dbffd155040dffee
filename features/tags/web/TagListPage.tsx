import { AppstoreOutlined, DownloadOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Flex, Select } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { DataTable } from '#platform/web/DataTable.tsx'
import { ListPage, SearchBox } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { TagListItem } from '../common/tag.ts'
import { BulkBar } from './BulkBar.tsx'
import { catalogueText, tagStateNames, tagStates } from './catalogue-text.ts'
import { FolderPanel } from './FolderPanel.tsx'
import { kindNames, kindOrder } from './source-words.ts'
import { tagText, typeNames } from './tag-text.ts'
import { tagTypes } from './tag-types.ts'
import { useTagColumns } from './use-tag-columns.tsx'
import './tags.css'

const filterNames = ['q', 'type', 'state', 'class', 'kind', 'mode', 'used', 'directory', 'owner'] as const

export function TagListPage() {
  const t = useText(tagText)
  const may = useMay()
  const navigate = useNavigate()
  const filters = useFilters(filterNames)
  const [chosen, setChosen] = useState<readonly string[]>([])
  const query = { ...filters.values, state: filters.values.state || 'any' }
  const list = useList<TagListItem>('/api/tags', query)
  const columns = useTagColumns(may('tag.write') ? { chosen, onChoose: setChosen } : undefined)
  return (
    <ListPage
      title={t.tags}
      description={t.tagsHint}
      actions={<HeaderButtons query={query} />}
      filters={<Filters filters={filters} />}
    >
      <div className="tag-catalogue">
        <FolderPanel
          value={filters.values.directory}
          onChange={(directory) => filters.set({ directory: directory || null })}
        />
        <Flex vertical gap={8} style={{ minWidth: 0 }}>
          {chosen.length > 0 && <BulkBar keys={chosen} onDone={() => setChosen([])} />}
          <DataTable
            label={t.tags}
            list={list}
            columns={columns}
            rowKey={(tag) => tag.key}
            isFiltered={filters.isFiltered}
            onClearFilters={filters.clear}
            onRow={(tag) => void navigate(`/tags/${tag.key}`)}
            minWidth={900}
            empty={<EmptyState title={t.empty} hint={t.emptyHint} action={<CreateButton />} />}
          />
        </Flex>
      </div>
    </ListPage>
  )
}

function Filters({ filters }: { filters: ReturnType<typeof useFilters<(typeof filterNames)[number]>> }) {
  const t = useText(tagText)
  const c = useText(catalogueText)
  const pick = usePick()
  const box = (
    name: (typeof filterNames)[number],
    label: string,
    any: string,
    options: { value: string; label: string }[],
  ) => (
    <Select
      key={name}
      aria-label={label}
      popupMatchSelectWidth={false}
      style={{ minWidth: 112 }}
      value={filters.values[name]}
      onChange={(value) => filters.set({ [name]: value || null })}
      options={[{ value: '', label: any }, ...options]}
    />
  )
  return (
    <>
      <SearchBox label={c.searchHint} value={filters.values.q} onChange={(q) => filters.set({ q })} />
      {box(
        'state',
        c.state,
        c.anyState,
        tagStates.map((one) => ({ value: one, label: pick(tagStateNames[one]) })),
      )}
      {box(
        'type',
        t.type,
        t.allTypes,
        tagTypes.map((one) => ({ value: one, label: pick(typeNames[one]) })),
      )}
      {box(
        'kind',
        t.source,
        c.anyKind,
        kindOrder.map((one) => ({ value: one, label: pick(kindNames[one]) })),
      )}
      {box(
        'class',
        t.class,
        c.anyClass,
        ['C1', 'C2'].map((one) => ({ value: one, label: one })),
      )}
      {box('mode', c.mode, c.anyMode, [
        { value: 'streaming', label: c.streaming },
        { value: 'schedule', label: c.schedule },
        { value: 'demand', label: c.demand },
      ])}
      {box('used', c.anyUse, c.anyUse, [
        { value: 'true', label: c.used },
        { value: 'false', label: c.unused },
      ])}
    </>
  )
}

function HeaderButtons({ query }: { query: Record<string, string> }) {
  const c = useText(catalogueText)
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))
  return (
    <>
      <a href={`/api/tag-catalogue/export.csv?${search}`} download>
        <Button icon={<DownloadOutlined />}>{c.export}</Button>
      </a>
      <Link to="/tag-templates">
        <Button icon={<AppstoreOutlined />}>{c.templates}</Button>
      </Link>
      <CreateButton />
    </>
  )
}

function CreateButton() {
  const t = useText(tagText)
  const may = useMay()
  if (!may('tag.write')) return null
  return (
    <Link to="/tags/new">
      <Button type="primary" icon={<PlusOutlined />} data-testid="tag-create">
        {t.create}
      </Button>
    </Link>
  )
}
