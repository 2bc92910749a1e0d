import type { ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = {
  // Workspace packages resolve to their sources, so that no test needs a build; all others as Node resolves them, without
  // the bundlers' `module`, which leads to files that Node cannot load.
  ssr: { resolve: { conditions: ['@pincer/source', 'node', 'development|production'] } },
  test: {
    // Sized for two cores. An unhandled rejection anywhere fails the run, which is vitest's default.
    maxWorkers: 2,
    coverage: {
      include: ['packages/**/src/**/*.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: { 'packages/core/src/**/*.ts': { lines: 95 } },
    },
    projects: [
      {
        extends: true,
        // Deadlines only end what hangs: a busy machine is no failure.
        test: {
          name: 'unit',
          include: ['packages/**/test/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['packages/**/test/**/*.test-d.ts'],
            tsconfig: './tsconfig.json',
          },
        },
      },
      {
        extends: true,
        test: { name: 'docs', include: ['test/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000 },
      },
    ],
  },
}

export default config
