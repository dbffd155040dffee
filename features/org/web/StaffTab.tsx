import { PlusOutlined } from '@ant-design/icons'
import { Button, Drawer, Flex, Select, type TableColumnsType, Tag } from 'antd'
import { useState } from 'react'
import { roles } from '#platform/common/access.ts'
import { DataTable } from '#platform/web/DataTable.tsx'
import { SearchBox } from '#platform/web/ListPage.tsx'
import { useMay } from '#platform/web/session.tsx'
import { EmptyState } from '#platform/web/states.tsx'
import { usePick, useText } from '#platform/web/text.ts'
import { useFilters, useList } from '#platform/web/use-list.ts'
import type { Staff } from '../common/org.ts'
import { orgText, roleNames } from './org-text.ts'
import { CreateStaffDialog, StaffAccount } from './StaffDialogs.tsx'
import { StaffPosts } from './StaffPosts.tsx'

/** People with their posts; who may grant posts opens one to change them. */
export function StaffTab() {
  const t = useText(orgText)
  const pick = usePick()
  const filters = useFilters(['q', 'role'])
  const list = useList<Staff>('/api/staff', filters.values)
  const [openNo, setOpenNo] = useState<string | null>(null)
  const may = useMay()
  const [isCreating, setCreating] = useState(false)
  const columns = useColumns(setOpenNo)
  const open = list.items.find((person) => person.staffNo === openNo)
  return (
    <Flex vertical gap={12}>
      <Flex gap={8} wrap role="search">
        <SearchBox label={t.search} value={filters.values.q} onChange={(q) => filters.set({ q })} />
        <Select
          aria-label={t.role}
          style={{ minWidth: 160 }}
          value={filters.values.role}
          onChange={(role) => filters.set({ role })}
          options={[
            { value: '', label: t.allRoles },
            ...roles.map((role) => ({ value: role, label: pick(roleNames[role]) })),
          ]}
        />
        {may('staff.write') && (
          <Button
            type="primary"
            icon={<PlusOutlined />}
            style={{ marginLeft: 'auto' }}
            onClick={() => setCreating(true)}
            data-testid="staff-create"
          >
            {t.createStaff}
          </Button>
        )}
      </Flex>
      <DataTable
        label={t.staff}
        list={list}
        columns={columns}
        rowKey={(person) => person.staffNo}
        isFiltered={filters.isFiltered}
        onClearFilters={() => filters.set({ q: null, role: null })}
        onRow={(person) => setOpenNo(person.staffNo)}
        minWidth={720}
        empty={<EmptyState title={t.empty} hint={t.emptyHint} />}
      />
      <Drawer
        open={open !== undefined}
        onClose={() => setOpenNo(null)}
        size={520}
        title={open?.name}
        destroyOnHidden
      >
        {open && (
          <Flex vertical gap={16}>
            <StaffAccount person={open} />
            <StaffPosts person={open} />
          </Flex>
        )}
      </Drawer>
      {isCreating && <CreateStaffDialog onClose={() => setCreating(false)} />}
    </Flex>
  )
}

function useColumns(open: (staffNo: string) => void): TableColumnsType<Staff> {
  const t = useText(orgText)
  const pick = usePick()
  const may = useMay()
  const manage: TableColumnsType<Staff> = [
    {
      title: t.manage,
      key: 'manage',
      width: 96,
      render: (_, { staffNo, name }) => (
        <Button type="link" size="small" onClick={() => open(staffNo)} aria-label={`${t.manage} ${name}`}>
          {t.manage}
        </Button>
      ),
    },
  ]
  return [
    { title: t.name, key: 'name', dataIndex: 'name', width: 120 },
    { title: t.number, key: 'number', dataIndex: 'staffNo', width: 120 },
    {
      title: t.username,
      key: 'username',
      width: 140,
      render: (_, { username }) => username ?? <span className="quiet">{t.noLogin}</span>,
    },
    {
      title: t.posts,
      key: 'posts',
      render: (_, { posts }) =>
        posts.length === 0 ? (
          <span className="quiet">{t.noPosts}</span>
        ) : (
          <Flex gap={4} wrap>
            {posts.map((post) => (
              <Tag key={`${post.orgId} ${post.role} ${post.validFrom}`}>
                {pick(roleNames[post.role])} · {post.orgName}
              </Tag>
            ))}
          </Flex>
        ),
    },
    {
      title: t.state,
      key: 'state',
      width: 112,
      render: (_, { state, isLocked }) => (
        <Flex gap={4}>
          <Tag color={state === 'active' ? 'success' : 'default'}>
            {state === 'active' ? t.active : t.left}
          </Tag>
          {isLocked && <Tag color="error">{t.locked}</Tag>}
        </Flex>
      ),
    },
    ...(may('role.grant') ? manage : []),
  ]
}
