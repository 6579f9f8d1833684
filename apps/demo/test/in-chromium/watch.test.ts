import { readFile } from "node:fs/promises"
import {
  accessibilityFaults,
  cutNetwork,
  describeInBrowser,
  openBrowser,
  restoreNetwork,
  textsShown,
  visit,
} from "@luxbus/browser-tests"
import { BusError } from "@luxbus/packet"
import { createServer } from "@luxbus/server"
import type { Browser, Locator, Page } from "playwright-core"
import { afterAll, beforeAll, expect, inject, test } from "vitest"
import { demoPage } from "../../src/index.ts"
import { runScript } from "../support/run-script.ts"
import { openStage, QUICK_JOB, type Stage } from "../support/stage.ts"

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

  test("starts the demo job, and shows both lanes and its end", async () => {
    const { page, check } = await visit(browser, stage.url)
    await startDemo(page)
    await page.getByTestId("outcome").getByText("Live").waitFor()
    await outcome(page, "Done")
    await page.getByText("remark 198: müßig — not ASCII").waitFor()
    expect(await laneText(page, "main")).toBe(written.main)
    expect(await laneText(page, "error")).toBe(written.error)
    await check()
  })

  test("what is written while the connection is cut comes after it, once and in order", async () => {
    const job = await (await stage.client()).open("cut.job")
    await job.main.write("before\n")
    const { page, check } = await visit(browser, `${stage.url}#job=cut.job`)
    await seen(page, "before\n")
    await cutNetwork(page)
    await connection(page, "suspended")
    await job.main.write("meanwhile\n")
    await job.error.write("oops\n")
    await job.end()
    await restoreNetwork(page)
    await outcome(page, "Done")
    expect(await laneText(page, "main")).toBe("before\nmeanwhile\n")
    expect(await laneText(page, "error")).toBe("oops\n")
    expect(await rows(page)).toEqual([
      "M0before",
      "Connection lost",
      expect.stringMatching(/^Connected again after .*, goes on at M1 and E0$/),
      "E0oops",
      "M1meanwhile",
    ])
    await page.getByText("1 connection lost").waitFor()
    // For a few seconds only.
    expect(await textsShown(page, "connection")).toContain("resumed")
    await check()
  })

  test("goes on after a reload where the reader was, with the text from before", async () => {
    const job = await (await stage.client()).open("reloaded.job")
    await job.error.write("oops\n")
    await job.main.write("before\n")
    const { page, check } = await visit(browser, `${stage.url}#job=reloaded.job`)
    await seen(page, "before\n")
    await page.getByTestId("lane-error").and(page.locator("[data-bytes='5']")).waitFor()
    await page.reload()
    await page.getByText("Back again, goes on at M1 and E1").waitFor()
    await job.main.write("after\n")
    await job.end()
    await outcome(page, "Done")
    expect(await laneText(page, "main")).toBe("before\nafter\n")
    expect(await laneText(page, "error")).toBe("oops\n")
    await check()
  })

  test("a second viewer begins at the start, and both end with the same bytes", async () => {
    const job = await (await stage.client()).open("seen.twice")
    await job.main.write("before\n")
    const { page, check } = await visit(browser, `${stage.url}#job=seen.twice`)
    await seen(page, "before\n")
    await page.getByRole("button", { name: "Second viewer" }).click()
    const [first, second] = ["First viewer", "Second viewer"].map((name) => page.getByRole("region", { name }))
    if (first === undefined || second === undefined) throw new Error("unreachable")
    await second.getByText("before").waitFor()
    await second.getByRole("button", { name: "Cut connection" }).click()
    await second.getByText("1 connection lost").waitFor()
    await job.main.write("after\n")
    await job.end()
    await second.getByTestId("verdict").filter({ hasText: "both viewers have the same bytes" }).waitFor()
    expect(await laneText(second, "main")).toBe("before\nafter\n")
    expect(await first.getByText("connection lost").count()).toBe(0)
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
    const job = await (await stage.client()).open("paused.job")
    await job.main.write("before\n")
    const { page, check } = await visit(browser, `${stage.url}#job=paused.job`)
    await seen(page, "before\n")
    await page.getByRole("button", { name: "Pause" }).click()
    await page.getByTestId("outcome").getByText("Paused").waitFor()
    await job.main.write("after\n")
    await job.end()
    const card = page.getByRole("link", { name: "paused.job" })
    await card.getByText("done").waitFor()
    await card.getByText("13 B").waitFor()
    expect(await page.getByTestId("lane-main").getAttribute("data-bytes")).toBe("7")
    await page.getByRole("button", { name: "Continue" }).click()
    await outcome(page, "Done")
    expect(await laneText(page, "main")).toBe("before\nafter\n")
    await check()
  })

  test("Stop ends the real job's process, and the outcome says so", async () => {
    await using real = await openStage(inject("script"))
    const { page, check } = await visit(browser, real.url)
    await startDemo(page)
    await page.getByTestId("outcome").getByText("Live").waitFor()
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
    expect(await page.getByRole("alert").count()).toBe(0)
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByLabel("Token").fill("a guess")
    await page.keyboard.press("Enter")
    await page.getByRole("alert").getByText("Refused: Who are you?").waitFor()
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

  test.each(["light", "dark"] as const)("breaks no rule of accessibility: %s", async (colorScheme) => {
    const { page, check } = await visit(browser, stage.url, { colorScheme })
    await page.getByRole("button", { name: "Start the demo job" }).first().waitFor()
    const faults = [...(await accessibilityFaults(page))]
    const job = await (await stage.client()).open(`rules.${colorScheme}`)
    await job.main.write("one\n")
    await job.error.write("two\n")
    await page.goto(`${stage.url}#job=${job.name}`)
    await seen(page, "one\n")
    await page.getByRole("button", { name: "Cut connection" }).click()
    await expect.poll(() => textsShown(page, "connection")).toContain("resumed")
    await page.getByRole("button", { name: "Second viewer" }).click()
    await page.getByLabel("Search the log").first().fill("one")
    await page.getByText("1", { exact: true }).first().waitFor()
    faults.push(...(await accessibilityFaults(page)))
    await job.fail({ exitCode: 2, message: "exit code 2" })
    await page.getByTestId("verdict").first().waitFor()
    await expect.poll(() => page.title()).toBe(`${job.name}: failed · luxbus`)
    faults.push(...(await accessibilityFaults(page)))
    expect(faults).toEqual([])
    await check()
  })

  test("can be used by keyboard alone, on a phone's width, without scrolling sideways", async () => {
    const { page, check } = await visit(browser, stage.url, { viewport: { width: 390, height: 844 } })
    await focusByTab(page, "Start the demo job")
    await page.keyboard.press("Enter")
    await page.getByTestId("viewer").waitFor()
    await focusByTab(page, "Cut connection")
    expect(await page.evaluate(() => document.activeElement?.matches(":focus-visible"))).toBe(true)
    await page.keyboard.press("Enter")
    await expect.poll(() => textsShown(page, "connection")).toContain("resumed")
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await check()
  })
})

async function startDemo(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start the demo job" }).first().click()
}

/** Waits until a text is all that was read of the main lane. */
async function seen(page: Page, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text).length
  await page.locator(`[data-testid="lane-main"][data-bytes="${bytes}"]`).waitFor()
}

/** The rows of a short log, from its first: number and text. */
async function rows(page: Page): Promise<readonly string[]> {
  return page.locator(".log-rows .row").allTextContents()
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

async function focusByTab(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab")
    const focused = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? "")
    if (focused === name) return
  }
  expect.unreachable(`Tab never reached "${name}"`)
}
