import { DownloadOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Table, type TableColumnsType, Tooltip } from 'antd'
import type { ReactNode } from 'react'
import { type ChartTable, downloadCsv } from '#platform/web/chart-download.ts'
import { useFormat } from '#platform/web/format.ts'
import { useMarks } from '#platform/web/marks.ts'
import { shellText } from '#platform/web/shell-text.ts'
import { useText } from '#platform/web/text.ts'

const pageSize = 12

/** A table of a report: what it says, as of when, and the same numbers as a file. */
export function ReportTable<T extends object>(props: {
  title: string
  subtitle?: ReactNode
  asOf: string
  columns: TableColumnsType<T>
  rows: readonly T[]
  rowKey: (row: T) => string
  csv: ChartTable
  minWidth?: number
  above?: ReactNode
}) {
  const t = useText(shellText)
  const { labelled } = useMarks()
  const format = useFormat()
  return (
    <Card
      size="small"
      title={props.title}
      extra={
        <Tooltip title={t.saveCsv}>
          <Button
            type="text"
            size="small"
            icon={<DownloadOutlined />}
            aria-label={labelled(t.saveCsv, props.title)}
            onClick={() => downloadCsv(props.title, props.csv)}
          />
        </Tooltip>
      }
    >
      <Flex vertical gap={12}>
        <span className="quiet small">
          {props.subtitle && <>{props.subtitle} · </>}
          {t.asOf(format.time(props.asOf))}
        </span>
        {props.above}
        <Table<T>
          aria-label={props.title}
          size="small"
          pagination={props.rows.length > pageSize + 3 ? { pageSize, showSizeChanger: false } : false}
          columns={props.columns}
          dataSource={[...props.rows]}
          rowKey={props.rowKey}
          scroll={{ x: props.minWidth ?? 640 }}
        />
      </Flex>
    </Card>
  )
}
