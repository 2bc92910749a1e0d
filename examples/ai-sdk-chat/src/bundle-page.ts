import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { build } from 'rolldown'

/** The files of the page by their paths, each with its media type. */
export type Page = ReadonlyMap<string, { readonly type: string; readonly body: string }>

/** Bundles the page. */
export async function bundlePage(): Promise<Page> {
  const folder = join(import.meta.dirname, 'page')
  const { output } = await build({
    input: join(folder, 'main.tsx'),
    platform: 'browser',
    logLevel: 'silent',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    output: { minify: true, codeSplitting: false },
    write: false,
  })
  return new Map([
    ['/', { type: 'text/html', body: await readFile(join(folder, 'index.html'), 'utf8') }],
    ['/style.css', { type: 'text/css', body: await readFile(join(folder, 'style.css'), 'utf8') }],
    ['/main.js', { type: 'text/javascript', body: output[0].code }],
  ])
}
