import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: '/h5/',
  plugins: [react()],
  server: { port: 4602, proxy: { '/v1': 'http://127.0.0.1:4600', '/demo': 'http://127.0.0.1:4600' } },
  build: { outDir: 'dist', emptyOutDir: true, target: ['chrome109', 'safari16', 'firefox115'] },
})
