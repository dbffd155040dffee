import { Button, Flex, Table, type TableColumnsType } from 'antd'
import type { ReactNode } from 'react'
import { shellText } from './shell-text.ts'
import { EmptyState, ErrorState, LoadingState } from './states.tsx'
import { useText } from './text.ts'
import type { List } from './use-list.ts'

/** A list of the API as a dense table: skeleton, error with retry, empty state, "load more". */
export function DataTable<T extends object>(props: {
  list: Pick<
    List<T>,
    'items' | 'error' | 'isPending' | 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage' | 'refetch'
  >
  columns: TableColumnsType<T>
  rowKey: (row: T) => string
  label: string
  /** Shown when there is nothing at all; with filters set the table offers to clear them instead. */
  empty: ReactNode
  isFiltered?: boolean
  onClearFilters?: () => void
  onRow?: (row: T) => void
  minWidth?: number
}) {
  const t = useText(shellText)
  const { list } = props
  if (list.isPending) return <LoadingState rows={8} />
  if (list.error && list.items.length === 0) {
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} />
  }
  if (list.items.length === 0) return <NoRows {...props} />
  const open = props.onRow
  return (
    <Flex vertical gap={8}>
      <Table<T>
        aria-label={props.label}
        columns={props.columns}
        dataSource={list.items}
        rowKey={props.rowKey}
        pagination={false}
        size="small"
        scroll={{ x: props.minWidth ?? 720 }}
        onRow={
          open
            ? (row) => ({
                className: 'clickable-row',
                onClick: (event) => {
                  // Links and buttons inside the row do their own work.
                  if (!(event.target as HTMLElement).closest('a,button,input')) open(row)
                },
              })
            : undefined
        }
      />
      {list.error && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      <Flex justify="center" align="center" gap={12} className="quiet small" style={{ minHeight: 32 }}>
        <span>{list.hasNextPage ? t.shown(list.items.length) : t.allShown(list.items.length)}</span>
        {list.hasNextPage && (
          <Button size="small" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t.more}
          </Button>
        )}
      </Flex>
    </Flex>
  )
}

function NoRows(props: { empty: ReactNode; isFiltered?: boolean; onClearFilters?: () => void }) {
  const t = useText(shellText)
  if (!props.isFiltered) return props.empty
  return (
    <EmptyState
      title={t.noMatch}
      hint={t.noMatchHint}
      action={props.onClearFilters && <Button onClick={props.onClearFilters}>{t.clearFilters}</Button>}
    />
  )
}
