// Starts the mock without a build step of its own: vite knows TypeScript and the alias.
import { runnerImport } from 'vite';

await runnerImport(new URL('./server.ts', import.meta.url).pathname, {
  configFile: false,
  resolve: { alias: { '@': new URL('../src', import.meta.url).pathname } },
});
