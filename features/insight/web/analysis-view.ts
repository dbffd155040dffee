import type { EChartsCoreOption } from 'echarts/core'
import type { ComponentType } from 'react'
import type { Format } from '#platform/web/format.ts'
import type { Language, Pair } from '#platform/web/language.ts'

/** A number's question to its analysis: POST /api/insight/{kind}/customers. */
export type Cell = Record<string, unknown>

/** A figure of a table; with a cell it opens the customers it counts. */
export type Figure = string | number | null | { text: string | number; cell: Cell | undefined }

/** One picture of an answer: its finding, the chart, and the same numbers as a table. */
export type Panel = {
  key: string
  title: string
  option?: EChartsCoreOption
  height?: number
  columns: readonly string[]
  rows: readonly (readonly Figure[])[]
  /** The cell behind an item of the chart. */
  cellAt?: (index: number) => Cell | undefined
}

export type ViewTools = { language: Language; format: Format }

/** How pages show an analysis: its form, an example to start from, and its pictures. */
export type AnalysisView = {
  kind: string
  label: Pair
  hint: Pair
  start: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: each form knows its own question
  Form: ComponentType<{ value: any; onChange: (value: any) => void }>
  // biome-ignore lint/suspicious/noExplicitAny: each view knows its own answer
  panels: (answer: any, query: any, tools: ViewTools) => Panel[]
}

const views = new Map<string, AnalysisView>()

/** Adds the pages of an analysis; features after this one call it from their `web/index.ts`. */
export function addAnalysisView(view: AnalysisView): void {
  views.set(view.kind, view)
}

export const analysisViews = (): AnalysisView[] => [...views.values()]
export const findAnalysisView = (kind: string): AnalysisView | undefined => views.get(kind)
