import { readFile } from "node:fs/promises"
import { BusError } from "@luxbus/packet"
import { createServer } from "@luxbus/server"
import type { Browser, Locator, Page } from "playwright-core"
import { afterAll, beforeAll, expect, inject, test } from "vitest"
import { demoPage } from "../../src/index.ts"
import { describeInBrowser, openBrowser, visit } from "../support/browser.ts"
import { runScript } from "../support/run-script.ts"
import { openStage, QUICK_JOB, type Stage } from "../support/stage.ts"

/** Of the quick job: about as many as a line of its main lane has. */
const LINE_BYTES = 24

describeInBrowser("the page of jobs", () => {
  let browser: Browser
  let stage: Stage
  let written: Awaited<ReturnType<typeof runScript>>

  beforeAll(async () => {
    ;[browser, stage, written] = await Promise.all([openBrowser(), openStage(QUICK_JOB), runScript(QUICK_JOB)])
  })

  afterAll(async () => {
    await browser?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  test("starts the demo job and shows both lanes, and what the connection lost comes after a cut", async () => {
    const { page, check } = await visit(browser, stage.url)
    await startDemo(page)
    await seen(page, 40)
    await page
      .getByText(/remark \d+: müßig/)
      .first()
      .waitFor()
    await page.getByRole("button", { name: "Cut connection" }).click()
    await connection(page, "suspended")
    await connection(page, "resumed")
    await outcome(page, "Done")
    expect(await laneText(page, "main")).toBe(written.main)
    expect(await laneText(page, "error")).toBe(written.error)
    await page.getByText("1 connection lost").waitFor()
    await check()
  })

  test("goes on after a reload where the reader was, with the text from before", async () => {
    const { page, check } = await visit(browser, stage.url)
    await startDemo(page)
    await seen(page, 40)
    await page.reload()
    await outcome(page, "Done")
    const notice = await findRow(page, "Back again")
    // What follows the notice goes on with the next chunk, and does not begin anew.
    expect(await notice.textContent()).toMatch(/goes on at M[1-9]\d* and E[1-9]/)
    expect(await laneText(page, "main")).toBe(written.main)
    expect(await laneText(page, "error")).toBe(written.error)
    await check()
  })

  test("a second viewer begins at the start, and both end with the same bytes", async () => {
    const { page, check } = await visit(browser, stage.url)
    await startDemo(page)
    await seen(page, 60)
    await page.getByRole("button", { name: "Second viewer" }).click()
    const second = page.getByRole("region", { name: "Second viewer" })
    await second.getByRole("button", { name: "Cut connection" }).click()
    await page.getByRole("region", { name: "First viewer" }).getByText("connected", { exact: true }).waitFor()
    await second.getByTestId("verdict").filter({ hasText: "both viewers have the same bytes" }).waitFor()
    expect(await laneText(second, "main")).toBe(written.main)
    await check()
  })

  test("shows the lanes side by side, each with its own rows", async () => {
    const { page, check } = await visit(browser, stage.url)
    await startDemo(page)
    await page.getByRole("button", { name: "Side by side" }).click()
    await page.getByRole("log", { name: "The error lane" }).getByText("remark 6: müßig").waitFor()
    expect(await page.getByRole("log", { name: "The main lane" }).getByText("remark").count()).toBe(0)
    await check()
  })

  test("pausing takes nothing more, and going on takes the rest", async () => {
    const { page, check } = await visit(browser, stage.url)
    await startDemo(page)
    await seen(page, 20)
    await page.getByRole("button", { name: "Pause" }).click()
    await page.getByText("Paused").waitFor()
    const bytes = await page.getByTestId("lane-main").getAttribute("data-bytes")
    await page.locator(".job-card-state", { hasText: "done" }).first().waitFor()
    expect(await page.getByTestId("lane-main").getAttribute("data-bytes")).toBe(bytes)
    await page.getByRole("button", { name: "Continue" }).click()
    await outcome(page, "Done")
    expect(await laneText(page, "main")).toBe(written.main)
    await check()
  })

  test("Stop ends the real job's process, and the outcome says so", async () => {
    await using real = await openStage(inject("script"))
    const { page, check } = await visit(browser, real.url)
    await startDemo(page)
    await page.getByText("examining 96 pieces").waitFor()
    await page.getByRole("button", { name: "Stop" }).click()
    await outcome(page, "Stopped")
    await page.getByText("stopped from the page").waitFor()
    expect(real.server.list().map(({ outcome }) => outcome?.status)).toEqual(["cancelled"])
    await check()
  })

  test("says so where nobody offers the demo job, or all that may run do", async () => {
    await using full = await openStage(QUICK_JOB, 0)
    const { page, check } = await visit(browser, full.url)
    await page.getByRole("button", { name: "Start the demo job" }).first().click()
    await page.getByRole("alert").getByText("0 demo jobs are running already").waitFor()
    await check()
  })

  test("asks for a token where the broker wants one, and keeps it for the tab", async () => {
    const authenticate = ({ token }: { readonly token?: string }) => {
      if (token !== "a secret") throw new BusError("unauthenticated", "Who are you?")
      return { id: "reader" }
    }
    await using server = createServer({ authenticate })
    const { url } = await server.listen({ onRequest: demoPage({ folder: inject("page") }) })
    const { page, check } = await visit(browser, url.replace("ws:", "http:"))
    await page.getByLabel("Token").fill("a secret")
    await page.getByRole("button", { name: "Connect" }).click()
    await page.getByText("The broker hosts no job yet.").waitFor()
    await page.reload()
    await page.getByText("The broker hosts no job yet.").waitFor()
    await check()
  })

  test("a hundred thousand lines are drawn as they are seen, searched and scrolled", async () => {
    const bus = await stage.client()
    const stream = await bus.open("many.lines")
    for (let from = 0; from < 100_000; from += 500) {
      const lines = Array.from(
        { length: 500 },
        (_, i) => `${from + i} ${(from + i) % 1_000 === 7 ? "needle" : "hay"}\n`,
      )
      await stream.main.write(new TextEncoder().encode(lines.join("")))
    }
    const { page, check } = await visit(browser, `${stage.url}#job=many.lines`)
    await stream.end()
    await outcome(page, "Done")
    await page.getByText("99999 hay").waitFor()
    expect(await page.locator(".row").count()).toBeLessThan(120)
    await page.keyboard.press("/")
    await page.keyboard.type("needle")
    await page.getByText("100", { exact: true }).waitFor()
    await page.keyboard.press("Enter")
    await page.locator("mark", { hasText: "needle" }).first().waitFor()
    await page.getByText("1 of 100", { exact: true }).waitFor()
    await page.getByRole("button", { name: "Follow" }).click()
    await page.getByText("99999 hay").waitFor()
    await check()
  })

  test("a chosen theme stays after a reload", async () => {
    const { page, check } = await visit(browser, stage.url, { colorScheme: "light" })
    const color = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await color()
    await page.getByRole("button", { name: "Switch to the dark theme" }).click()
    const dark = await color()
    expect(dark).not.toBe(light)
    await page.reload()
    expect(await color()).toBe(dark)
    await check()
  })

  test("can be used by keyboard alone, on a phone's width, without scrolling sideways", async () => {
    const { page, check } = await visit(browser, stage.url, { viewport: { width: 390, height: 844 } })
    await focusByTab(page, "Start the demo job")
    await page.keyboard.press("Enter")
    await seen(page, 20)
    await focusByTab(page, "Cut connection")
    expect(await page.evaluate(() => document.activeElement?.matches(":focus-visible"))).toBe(true)
    await page.keyboard.press("Enter")
    await connection(page, "resumed")
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await check()
  })
})

async function startDemo(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start the demo job" }).first().click()
}

/** Waits until some lines were read; they may have scrolled away since. */
async function seen(page: Page, lines: number): Promise<void> {
  const bytes = async () => Number(await page.getByTestId("lane-main").first().getAttribute("data-bytes"))
  await expect.poll(bytes, { timeout: 10_000, interval: 20 }).toBeGreaterThan(lines * LINE_BYTES)
}

function connection(page: Page, word: string): Promise<void> {
  return page.getByTestId("connection").getByText(word, { exact: true }).first().waitFor()
}

function outcome(page: Page, title: string): Promise<void> {
  return page.getByTestId("outcome").getByText(title, { exact: true }).first().waitFor()
}

/** A lane's bytes as the page's own download gives them. */
async function laneText(scope: Page | Locator, lane: "main" | "error"): Promise<string> {
  const page = "page" in scope ? scope.page() : scope
  const download = page.waitForEvent("download")
  await scope.getByRole("button", { name: `Download the ${lane} lane` }).click()
  return readFile(await (await download).path(), "utf8")
}

/** Scrolls a row into sight by the page's search. */
async function findRow(page: Page, text: string): Promise<Locator> {
  await page.getByLabel("Search the log").fill(text)
  await page.keyboard.press("Enter")
  return page.locator(".row", { has: page.locator("mark") }).first()
}

async function focusByTab(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab")
    const focused = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? "")
    if (focused === name) return
  }
  expect.unreachable(`Tab never reached "${name}"`)
}
