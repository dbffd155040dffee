import { BarChartOutlined, DownloadOutlined, FileImageOutlined, TableOutlined } from '@ant-design/icons'
import { Button, Card, Flex, Skeleton, Table, Tooltip } from 'antd'
import type { EChartsCoreOption, EChartsType } from 'echarts/core'
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'
import { useAppearance } from './appearance.ts'
import { type ChartTable, download, downloadCsv } from './chart-download.ts'
import { chartBase, chartTheme } from './chart-theme.ts'
import { useFormat } from './format.ts'
import { shellText } from './shell-text.ts'
import { EmptyState } from './states.tsx'
import { useText } from './text.ts'

/**
 * A chart with one finding as its title, the same data as a table, and both as files. `option` is an ECharts option
 * without grid, colours and fonts: those are the theme's. Bars must start at zero; at most six series.
 */
export function Chart(props: {
  title: string
  subtitle?: ReactNode
  /** Undefined while the data is read. */
  option: EChartsCoreOption | undefined
  table?: ChartTable
  height?: number
  asOf?: string | null
  extra?: ReactNode
  onClickItem?: (index: number) => void
}) {
  const t = useText(shellText)
  const format = useFormat()
  const [asTable, setAsTable] = useState(false)
  const chart = useRef<EChartsType | null>(null)
  const height = props.height ?? 260
  const isEmpty = props.option !== undefined && props.table?.rows.length === 0
  return (
    <Card
      size="small"
      className="chart-card"
      title={<div className="chart-title">{props.title}</div>}
      extra={
        <Flex gap={0} align="center">
          {props.extra}
          {props.table && !isEmpty && (
            <ChartTools {...{ ...props, table: props.table, asTable, setAsTable, chart }} />
          )}
        </Flex>
      }
    >
      {(props.subtitle || props.asOf) && (
        <div className="quiet small">
          {props.subtitle} {props.asOf && t.asOf(format.time(props.asOf))}
        </div>
      )}
      {props.option === undefined ? (
        <Skeleton.Node active style={{ width: '100%', height }} />
      ) : isEmpty ? (
        <EmptyState title={t.noData} />
      ) : asTable && props.table ? (
        <TableView table={props.table} height={height} />
      ) : (
        <Canvas
          chart={chart}
          option={props.option}
          title={props.title}
          height={height}
          onClickItem={props.onClickItem}
        />
      )}
    </Card>
  )
}

function ChartTools(props: {
  title: string
  table: ChartTable
  asTable: boolean
  setAsTable: (asTable: boolean) => void
  chart: RefObject<EChartsType | null>
}) {
  const t = useText(shellText)
  const { asTable, table, title } = props
  const savePng = () => {
    const url = props.chart.current?.getDataURL({ pixelRatio: 2, type: 'png' })
    if (url) download(`${title}.png`, url)
  }
  const tool = (label: string, icon: ReactNode, onClick: () => void) => (
    <Tooltip title={label}>
      <Button type="text" size="small" icon={icon} aria-label={label} onClick={onClick} />
    </Tooltip>
  )
  return (
    <>
      {tool(asTable ? t.chart : t.table, asTable ? <BarChartOutlined /> : <TableOutlined />, () =>
        props.setAsTable(!asTable),
      )}
      {!asTable && tool(t.savePng, <FileImageOutlined />, savePng)}
      {tool(t.saveCsv, <DownloadOutlined />, () => downloadCsv(title, table))}
    </>
  )
}

function TableView({ table, height }: { table: ChartTable; height: number }) {
  const format = useFormat()
  return (
    <Table
      size="small"
      pagination={false}
      scroll={{ y: height - 40, x: 'max-content' }}
      rowKey={(row) => row.index}
      dataSource={table.rows.map((cells, index) => ({ index, cells }))}
      columns={table.columns.map((title, column) => ({
        title,
        key: title,
        align: typeof table.rows[0]?.[column] === 'number' ? ('right' as const) : ('left' as const),
        render: (_: unknown, row: { cells: readonly (string | number | null)[] }) => {
          const value = row.cells[column]
          return typeof value === 'number' ? format.number(value) : value
        },
      }))}
    />
  )
}

function Canvas(props: {
  chart: RefObject<EChartsType | null>
  option: EChartsCoreOption
  title: string
  height: number
  onClickItem?: (index: number) => void
}) {
  const place = useRef<HTMLDivElement>(null)
  const appearance = useAppearance()
  const { chart, option } = props
  const latest = useRef({ option, onClickItem: props.onClickItem })
  latest.current = { option, onClickItem: props.onClickItem }

  useEffect(() => {
    let isGone = false
    let observer: ResizeObserver | undefined
    void import('./chart-engine.ts').then(({ echarts }) => {
      if (isGone || !place.current) return
      const made = echarts.init(place.current, chartTheme(appearance))
      chart.current = made
      // Of a flow picture only the flows are items; its nodes count in a row of their own.
      made.on('click', ({ dataIndex, dataType }) => {
        if (dataType !== 'node') latest.current.onClickItem?.(dataIndex ?? 0)
      })
      show(made, latest.current.option)
      observer = new ResizeObserver(() => made.resize())
      observer.observe(place.current)
    })
    return () => {
      isGone = true
      observer?.disconnect()
      chart.current?.dispose()
      chart.current = null
    }
  }, [appearance, chart])
  useEffect(() => {
    if (chart.current) show(chart.current, option)
  }, [option, chart])
  return (
    <div ref={place} role="img" aria-label={props.title} style={{ height: props.height, width: '100%' }} />
  )
}

function show(chart: EChartsType, option: EChartsCoreOption): void {
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
  const base = chartBase(isStill)
  const grid = { ...base.grid, ...(option.grid as object | undefined) }
  chart.setOption({ ...base, ...option, grid }, { notMerge: true })
}
