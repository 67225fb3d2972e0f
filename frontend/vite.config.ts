import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` sends what is not a page: the mock API (`npm run mock`), or a real `noc serve`. */
const backend = process.env.NOC_BACKEND ?? 'http://127.0.0.1:8787';
const proxied = ['/api', '/app', '/broadcasting', '/runtime-config.js', '/health'];

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  server: {
    proxy: Object.fromEntries(proxied.map((path) => [path, { target: backend, ws: path === '/app' }])),
  },
  build: {
    target: 'es2022',
    // The server's CSP allows no inline scripts and no data: scripts; everything is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|react-router|scheduler|@tanstack)\// },
            { name: 'mantine', test: /node_modules\/@mantine\// },
          ],
        },
      },
    },
  },
  test: {
    environment: 'happy-dom',
    setupFiles: ['./src/test-setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    css: false,
    testTimeout: 20_000,
  },
});
