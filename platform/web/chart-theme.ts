import type { Appearance } from './appearance.ts'
import { fontFamily, seriesColors } from './theme.ts'

const ink = {
  light: { text: '#3d4a5c', faint: '#5c6878', line: '#e3e8ef', axis: '#b8c2cf', panel: '#ffffff' },
  dark: { text: '#c9d1dc', faint: '#9aa5b4', line: '#333b48', axis: '#465062', panel: '#1d232d' },
} as const

const axis = (appearance: Appearance, hasSplitLine: boolean) => ({
  axisLine: { show: !hasSplitLine, lineStyle: { color: ink[appearance].axis } },
  axisTick: { show: false },
  axisLabel: { color: ink[appearance].faint, fontSize: 12, hideOverlap: true },
  splitLine: { show: hasSplitLine, lineStyle: { color: ink[appearance].line } },
  nameTextStyle: { color: ink[appearance].faint },
})

/** Fills of heat maps, light enough for the same dark figures on a light and on a dark page. */
export const heatRamps = { calm: ['#eef3fb', '#86b1ee'], warm: ['#fdf1e3', '#f0a063'], ink: '#1d2733' }

/** The one theme of all charts. */
export const chartTheme = (appearance: Appearance) => ({
  color: [...seriesColors[appearance]],
  backgroundColor: 'transparent',
  textStyle: { fontFamily, fontSize: 12, color: ink[appearance].text },
  legend: { textStyle: { color: ink[appearance].text }, itemWidth: 12, itemHeight: 8, icon: 'roundRect' },
  tooltip: {
    backgroundColor: ink[appearance].panel,
    borderColor: ink[appearance].line,
    textStyle: { color: ink[appearance].text, fontSize: 12, fontFamily },
    extraCssText: 'box-shadow: 0 2px 8px rgba(0,0,0,.12);',
  },
  categoryAxis: axis(appearance, false),
  timeAxis: axis(appearance, false),
  valueAxis: axis(appearance, true),
  label: { color: ink[appearance].text },
})

/** What ECharts must be told per chart: room for labels, and no motion where the person asked for none. */
export const chartBase = (isStill: boolean) => ({
  animation: !isStill,
  animationDuration: 300,
  grid: {
    left: 8,
    right: 16,
    top: 24,
    bottom: 8,
    outerBoundsMode: 'same' as const,
    outerBoundsContain: 'axisLabel' as const,
  },
})
