import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { findChromium } from '../scripts/find-chromium.ts'
import { type Browser, type BrowserPage, openBrowser, startChat } from './chat-browser.ts'

let browser: Browser
let chat: Awaited<ReturnType<typeof startChat>>

// A machine without Chromium installs it first.
beforeAll(async () => {
  browser = await openBrowser()
  chat = await startChat()
}, 300_000)

afterAll(async () => {
  await browser?.close()
  await chat?.stop()
})

/** Opens a new chat; every error of the page fails the test. */
async function open(path = '/'): Promise<BrowserPage> {
  const page = await browser.newPage({ viewport: { width: 900, height: 700 } })
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    // Zod tries out whether it may compile its schemas, which the page does not let it.
    if (message.type() === 'error' && !message.text().includes("'script-src'")) faults.push(message.text())
  })
  onTestFinished(async () => {
    await page.close()
    expect(faults).toEqual([])
  })
  page.setDefaultTimeout(15_000)
  await page.goto(chat.url + path)
  return page
}

async function say(page: BrowserPage, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.keyboard.press('Enter')
}

// Run in the page: keeps every state that the answer is seen in.
const watchAnswer = `
  globalThis.seen = []
  new MutationObserver(() => {
    const text = document.querySelector('article.assistant')?.textContent ?? ''
    if (text !== seen.at(-1)) seen.push(text)
  }).observe(document.body, { childList: true, subtree: true, characterData: true })
`

describe('the web chat in a browser', () => {
  it('shows an answer while it is written', async () => {
    const page = await open()
    await page.evaluate(watchAnswer)
    await say(page, 'Tell me about waves. [[words:60]] [[slow:15]]')
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    await page.getByText(/\d+ tokens/).waitFor()
    const seen = await page.evaluate<string[]>('seen')
    const grown = seen.filter((text, index) => index > 0 && text.startsWith(seen[index - 1] ?? ''))
    expect(grown.length).toBeGreaterThan(5)
    expect(seen.at(-1)?.split(/\s+/).length).toBeGreaterThanOrEqual(60)
    await page.getByRole('button', { name: 'Send' }).waitFor()
  })

  it('runs a tool and shows its result', async () => {
    const page = await open()
    await say(page, 'Look up order 1007')
    const call = page.getByRole('region', { name: 'look_up_order done' })
    await call.waitFor()
    expect(await call.getByLabel('Arguments').textContent()).toContain('1007')
    expect(await call.getByLabel('Result').textContent()).toContain('Snail Mail')
  })

  it('asks before a refund, and refunds once it is approved', async () => {
    const page = await open()
    await say(page, 'Refund order 1007')
    const call = page.getByRole('region', { name: 'refund_order' })
    await call.getByText('Reason: refunds cost money').waitFor()
    expect(await call.getByLabel('Result').count()).toBe(0)
    // By the keyboard alone.
    await call.getByRole('button', { name: 'Approve' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'refund_order done' }).waitFor()
    expect(await call.getByLabel('Result').textContent()).toContain('"refunded": true')
    await page.getByText('refund_order answered: order 1007, refunded true.').waitFor()
    expect(await page.getByRole('article', { name: 'Agent' }).count()).toBe(1)
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
  })

  it('does not refund what is denied, and goes on', async () => {
    const page = await open()
    await say(page, 'Refund order 1008')
    await page.getByRole('button', { name: 'Deny' }).click()
    const call = page.getByRole('region', { name: 'refund_order denied' })
    await call.waitFor()
    expect(await call.getByLabel('Result').count()).toBe(0)
    await page.getByText('denied in the chat').waitFor()
    await say(page, 'Look up order 1008')
    await page.getByRole('region', { name: 'look_up_order done' }).waitFor()
    expect(await page.getByRole('article', { name: 'Agent' }).count()).toBe(2)
  })

  it('asks no more once the conversation went on without an answer', async () => {
    const page = await open()
    await say(page, 'Refund order 1009')
    await page.getByRole('button', { name: 'Approve' }).waitFor()
    await page.getByRole('button', { name: 'Send' }).waitFor()
    await say(page, 'Look up order 1007')
    await page.getByRole('region', { name: 'look_up_order done' }).waitFor()
    expect(await page.getByRole('region', { name: 'refund_order not answered' }).count()).toBe(1)
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
  })

  it('keeps the conversation, and its open question, over a reload', async () => {
    const page = await open()
    await say(page, 'Look up order 1007')
    await page.getByRole('region', { name: 'look_up_order done' }).waitFor()
    await page.getByRole('button', { name: 'Send' }).waitFor()
    await say(page, 'Refund order 1007')
    await page.getByRole('button', { name: 'Approve' }).waitFor()
    const before = await page.getByRole('article').allTextContents()
    await page.reload()
    await page.getByRole('button', { name: 'Approve' }).waitFor()
    const after = await page.getByRole('article').allTextContents()
    expect(after.length).toBe(before.length)
    expect(after.map((text) => text.replace(/\d+ tokens/, ''))).toEqual(
      before.map((text) => text.replace(/\d+ tokens/, '')),
    )
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('region', { name: 'refund_order done' }).waitFor()
    await page.getByText('refund_order answered').waitFor()
    expect(await page.getByRole('article').count()).toBe(4)
  })

  it('takes up an answer that is being written when the page is loaded again', async () => {
    const page = await open()
    await say(page, 'Tell me about tides. [[words:80]] [[slow:30]]')
    await page.locator('article.assistant').waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    await page.getByText(/\d+ tokens/).waitFor()
    const text = await page.locator('article.assistant').textContent()
    expect(text?.split(/\s+/).length).toBeGreaterThanOrEqual(80)
    expect(await page.getByRole('article').count()).toBe(2)
  })

  it('stops the agent itself', async () => {
    const page = await open()
    await say(page, 'Tell a long story. [[words:2000]] [[slow:20]]')
    await page.locator('article.assistant').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Send' }).waitFor()
    const id = new URL(page.url()).searchParams.get('chat')
    // What is asked next does not wait behind it.
    await say(page, 'Say: all quiet')
    await page.getByText('all quiet', { exact: true }).waitFor()
    const left = await fetch(`${chat.url}/api/chat/${id}/stream`)
    expect(left.status).toBe(204)
  })
})

describe('the server of the web chat', () => {
  it.each([
    ['GET // HTTP/1.1\r\nhost: localhost', /^HTTP\/1.1 404 /],
    ['GET /api/chat/one/messages HTTP/1.1\r\nhost: not a host', /^HTTP\/1.1 400 /],
    ['TRACE /api/chat HTTP/1.1\r\nhost: localhost', /^HTTP\/1.1 400 /],
    ['GET /api/chat/one/messages HTTP/1.1\r\nhost: evil.example', /^HTTP\/1.1 421 /],
  ])('survives %j', async (head, answer) => {
    const socket = connect(Number(new URL(chat.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(`${head}\r\nconnection: close\r\n\r\n`)
    const [said] = await once(socket.setEncoding('utf8'), 'data')
    expect(said).toMatch(answer)
    expect((await fetch(chat.url)).status).toBe(200)
  })

  it('lets no other page put it into a frame, where approvals could be clicked unseen', async () => {
    const { headers } = await fetch(chat.url)
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  })
})

describe('findChromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chromium-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const put = async (): Promise<void> => writeFileSync(join(folder, 'chromium'), '', { mode: 0o755 })
  const machine = { env: { PATH: folder }, mayInstall: false, install: put }

  it('says what to install where it is missing', async () => {
    await expect(findChromium(machine)).rejects.toThrow(/Chromium is missing; install it .*PINCER_CHROMIUM/)
    const named = { ...machine, env: { PINCER_CHROMIUM: join(folder, 'none') } }
    await expect(findChromium(named)).rejects.toThrow(/PINCER_CHROMIUM: .* is no program; install it/)
    const install = (): Promise<void> => Promise.reject(new Error('no network'))
    const broken = { ...machine, mayInstall: true, install }
    await expect(findChromium(broken)).rejects.toThrow('could not be installed; install it')
  })

  it('installs it where it may', async () => {
    expect(await findChromium({ ...machine, mayInstall: true })).toBe(join(folder, 'chromium'))
    expect(await findChromium(machine)).toBe(join(folder, 'chromium'))
  })
})
