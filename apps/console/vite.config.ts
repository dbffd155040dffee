import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// What every page needs is one cached file a library; pages and the chart engine are loaded when first opened.
const libraries = [
  { name: 'react', test: /node_modules\/(react|react-dom|scheduler|react-router|@tanstack)\// },
  { name: 'echarts', test: /node_modules\/(echarts|zrender)\// },
]

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  server: { port: 4601, proxy: { '/api': 'http://127.0.0.1:4600', '/demo': 'http://127.0.0.1:4600' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // Domestic desktops run Chromium kernels about two years old.
    target: ['chrome115', 'safari16.4', 'firefox115'],
    chunkSizeWarningLimit: 900,
    rolldownOptions: { output: { codeSplitting: { groups: libraries } } },
  },
})
