import { Button, Card, Flex, Table } from 'antd'
import { Chart } from '#platform/web/Chart.tsx'
import { downloadCsv } from '#platform/web/chart-download.ts'
import { useFormat } from '#platform/web/format.ts'
import { shellText } from '#platform/web/shell-text.ts'
import { useText } from '#platform/web/text.ts'
import type { Cell, Figure, Panel } from './analysis-view.ts'

const plain = (figure: Figure): string | number | null =>
  typeof figure === 'object' && figure !== null ? figure.text : figure

/** Whether a column holds numbers, rates or times, which stand on the right; words stand on the left. */
const isOfFigures = (panel: Panel, column: number): boolean =>
  panel.rows.some((row) => /^[-−–¥\d]/.test(String(plain(row[column] ?? null) ?? '')))

/** A chart with its numbers below; each number that counts customers opens them. */
export function PanelCard(props: {
  panel: Panel
  asOf?: string | null
  onCell: (cell: Cell, what: string) => void
  /** Dashboards show the chart alone. */
  isCompact?: boolean
}) {
  const { panel, onCell } = props
  const rows = panel.rows.map((row) => row.map(plain))
  const table = { columns: panel.columns, rows }
  if (!panel.option) return <NumbersCard {...props} />
  const { cellAt } = panel
  return (
    <Flex vertical gap={8} style={{ minWidth: 0 }}>
      <Chart
        title={panel.title}
        option={panel.option}
        table={table}
        height={panel.height ?? 280}
        asOf={props.asOf ?? null}
        {...(cellAt && {
          onClickItem: (index: number) => {
            const cell = cellAt(index)
            if (cell) onCell(cell, panel.title)
          },
        })}
      />
      {!props.isCompact && (
        <Card size="small" styles={{ body: { padding: 0 } }}>
          <Numbers panel={panel} onCell={onCell} />
        </Card>
      )}
    </Flex>
  )
}

function NumbersCard({ panel, onCell }: { panel: Panel; onCell: (cell: Cell, what: string) => void }) {
  const t = useText(shellText)
  const save = () =>
    downloadCsv(panel.title, { columns: panel.columns, rows: panel.rows.map((row) => row.map(plain)) })
  return (
    <Card
      size="small"
      title={panel.title}
      styles={{ body: { padding: 0 } }}
      extra={
        <Button size="small" type="text" onClick={save}>
          {t.saveCsv}
        </Button>
      }
    >
      <Numbers panel={panel} onCell={onCell} />
    </Card>
  )
}

function Numbers({ panel, onCell }: { panel: Panel; onCell: (cell: Cell, what: string) => void }) {
  const format = useFormat()
  const show = (text: string | number | null) => (typeof text === 'number' ? format.number(text) : text)
  return (
    <Table
      size="small"
      pagination={panel.rows.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
      scroll={{ x: 'max-content' }}
      rowKey={(row) => row.index}
      dataSource={panel.rows.map((cells, index) => ({ index, cells }))}
      columns={panel.columns.map((title, column) => ({
        title,
        key: `${column} ${title}`,
        align: column > 0 && isOfFigures(panel, column) ? ('right' as const) : ('left' as const),
        render: (_: unknown, row: { cells: readonly Figure[] }) => {
          const figure = row.cells[column] ?? null
          if (typeof figure !== 'object' || figure === null) return show(figure)
          const { cell, text } = figure
          if (!cell) return show(text)
          const what = `${show(plain(row.cells[0] ?? null))} · ${title}`
          return (
            <Button type="link" size="small" className="insight-number" onClick={() => onCell(cell, what)}>
              {show(text)}
            </Button>
          )
        },
      }))}
    />
  )
}
