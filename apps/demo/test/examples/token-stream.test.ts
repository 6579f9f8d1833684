import { describeInBrowser, openBrowser, visit } from "@luxbus/browser-tests"
import { connect } from "@luxbus/client"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Example, startExample } from "../support/example.ts"

describeInBrowser("the example of a token stream", () => {
  let browser: Browser
  let example: Example
  let url: string

  beforeAll(async () => {
    example = startExample("token-stream")
    ;[browser, url] = await Promise.all([openBrowser(), example.shows(/Open (http:\S+)/)])
  })

  afterAll(async () => {
    await browser?.close()
    example?.stop()
    await example?.ended
  })

  test("tokens go on through a cut and a reload, and a second reader gets the same text", async () => {
    const { page, another, check } = await visit(browser, url)
    await page.getByRole("button", { name: "Ask" }).click()
    await tokensShown(page, 20)
    await watchConnection(page)
    await page.getByRole("button", { name: "Cut connection" }).click()
    await page.waitForFunction(() => globalThis.seen?.endsWith("suspended connected"))
    const before = await tokensShown(page, 60)
    await page.reload()
    const after = await tokensShown(page, 80)
    expect(after.startsWith(before)).toBe(true)
    await outcome(page, "done")
    const text = await answer(page)
    expect(text).toMatch(/^A dropped connection .* what has become of it\.$/s)
    const name = new URL(page.url()).hash.slice(1)
    const made = Number(await example.shows(new RegExp(`${name}: done after (\\d+) tokens`)))
    expect(text.split(/(?<=\s)/)).toHaveLength(made)
    const second = await another()
    await second.goto(page.url())
    await outcome(second, "done")
    expect(await answer(second)).toBe(text)
    await check()
  })

  test("Stop reaches the generator: it makes no further token, and every reader sees that it was cancelled", async () => {
    const { page, another, check } = await visit(browser, url)
    const second = await another()
    await page.getByRole("button", { name: "Ask" }).click()
    await tokensShown(page, 5)
    await second.goto(page.url())
    await tokensShown(second, 8)
    await page.getByRole("button", { name: "Stop" }).click()
    await Promise.all([outcome(page, "cancelled"), outcome(second, "cancelled")])
    const name = new URL(page.url()).hash.slice(1)
    const made = Number(await example.shows(new RegExp(`${name}: stopped after (\\d+) tokens`)))
    expect(made).toBeLessThan(150) // of 155
    const text = await answer(page)
    expect(text.split(/(?<=\s)/).filter(Boolean)).toHaveLength(made)
    expect(await answer(second)).toBe(text)
    await check()
  })
})

test("Ctrl-C ends it in the midst of an answer", async () => {
  const example = startExample("token-stream")
  const url = await example.shows(/Open (http:\S+)/)
  const bus = await connect(url.replace("http:", "ws:"))
  const question = await bus.open("question", { to: "model", headers: { answer: "answer.1" } })
  await question.end()
  expect(await bus.attach("answer.1", { wait: true }).main.next()).toBe("A ")
  example.stop()
  const { code, output } = await example.ended
  expect(code, output).toBe(0)
  await bus.close()
})

declare global {
  /** The states of the page's connection since {@link watchConnection}, parted by spaces. */
  var seen: string | undefined
}

/** Writes down every state that the page shows: some last too short a time to be looked for. */
async function watchConnection(page: Page): Promise<void> {
  await page.evaluate(() => {
    const shown = document.getElementById("connection")
    globalThis.seen = ""
    new MutationObserver(() => {
      globalThis.seen = `${globalThis.seen} ${shown?.textContent}`
    }).observe(shown as Node, { childList: true })
  })
}

/** Resolves with the answer once it has so many tokens. */
async function tokensShown(page: Page, count: number): Promise<string> {
  await page.waitForFunction(
    (count) => (document.getElementById("answer")?.textContent ?? "").split(" ").length > count,
    count,
  )
  return answer(page)
}

async function answer(page: Page): Promise<string> {
  return (await page.locator("#answer").textContent()) ?? ""
}

async function outcome(page: Page, status: string): Promise<void> {
  await page.locator("#outcome").getByText(status).waitFor()
}
