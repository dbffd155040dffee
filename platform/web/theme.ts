import { type ThemeConfig, theme } from 'antd'
import type { Appearance } from './appearance.ts'

export const fontFamily =
  '"PingFang SC","Noto Sans SC","Noto Sans CJK SC","Microsoft YaHei","Source Han Sans SC",system-ui,sans-serif'

/**
 * Colours of data, in the order series take them: at most six, told apart by people with any common colour vision
 * (after Okabe and Ito), each with enough contrast on its background.
 */
export const seriesColors: { readonly [A in Appearance]: readonly string[] } = {
  light: ['#1f5fae', '#d98200', '#0a8f6a', '#b4558f', '#4aa3d8', '#c2410c'],
  dark: ['#6ea8f0', '#f0a63c', '#3fc79a', '#e08bc0', '#8ccff5', '#f5865a'],
}

const brand: { readonly [A in Appearance]: string } = { light: '#1f5fae', dark: '#5b98e6' }

/** Backgrounds of states and selections in light mode: clear tints, so that text on them keeps its contrast. */
const softLight = {
  colorPrimaryBg: '#e8f0fa',
  colorInfoBg: '#e8f0fa',
  colorPrimaryBorder: '#a9c6e8',
  colorSuccessBg: '#e3f4ec',
  colorSuccessBorder: '#a5d8c3',
  colorWarningBg: '#fdf3e1',
  colorErrorBg: '#fdebea',
}

/** Calm greys, one brand colour, 14-px text, dense tables. Everything visual is decided here. */
export function themeOf(appearance: Appearance, isStill = false): ThemeConfig {
  const isDark = appearance === 'dark'
  return {
    algorithm: isDark ? [theme.darkAlgorithm] : [theme.defaultAlgorithm],
    token: {
      colorPrimary: brand[appearance],
      colorInfo: brand[appearance],
      colorSuccess: isDark ? '#3fb68b' : '#0a7f5e',
      colorWarning: isDark ? '#e0a03c' : '#b26a00',
      colorError: isDark ? '#f0716b' : '#c8322b',
      colorTextBase: isDark ? '#e6e9ee' : '#1c2430',
      colorBgBase: isDark ? '#131518' : '#ffffff',
      colorBgLayout: isDark ? '#0c0d10' : '#f4f6f9',
      colorTextDescription: isDark ? '#9aa5b4' : '#5c6878',
      colorTextTertiary: isDark ? '#9aa5b4' : '#5c6878',
      colorTextPlaceholder: isDark ? '#8a95a4' : '#6b7686',
      ...(isDark ? {} : softLight),
      fontFamily,
      fontSize: 14,
      borderRadius: 6,
      borderRadiusLG: 8,
      // Shortening animations in CSS instead would leave dropdowns waiting for a motion that never ends.
      motion: !isStill,
    },
    components: {
      Table: { cellPaddingBlock: 8, cellPaddingInline: 12, headerSplitColor: 'transparent' },
      Card: { bodyPadding: 16, headerHeight: 44 },
      Form: { itemMarginBottom: 16 },
      Timeline: { itemPaddingBottom: 8 },
      Menu: { itemHeight: 36, itemMarginInline: 8 },
    },
  }
}
