import { createHash, randomBytes } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  accessibilityFaults,
  cutNetworkAfter,
  describeInBrowser,
  openBrowser,
  restoreNetwork,
  visit,
} from "@luxbus/browser-tests"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openStage, QUICK_JOB, type Stage } from "../support/stage.ts"

describeInBrowser("the page that sends files", () => {
  let browser: Browser
  let stage: Stage
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "luxbus-send-test-"))
    ;[browser, stage] = await Promise.all([openBrowser(), openStage(QUICK_JOB)])
  })

  afterAll(async () => {
    await browser?.close()
    await stage?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test("a file goes from tab to tab through a cut, and both ends have its SHA-256", async () => {
    const { page: sender, another, check } = await visit(browser, `${stage.url}send.html`)
    const receiver = await another()
    const content = randomBytes(16_000_000)
    await writeFile(join(folder, "photos.tar"), content)
    await sender.getByLabel("File to send").setInputFiles(join(folder, "photos.tar"))
    const tab = await tabOf(receiver)
    await sender.getByTestId("tabs").getByText(`Open: ${tab}`).waitFor()
    const cut = cutNetworkAfter(sender, content.length / 5)
    await sender.getByRole("button", { name: "Send", exact: true }).click()
    await cut
    await sender.getByTestId("transfer-state").getByText("Suspended").waitFor()
    await restoreNetwork(sender)
    await sender.getByTestId("transfer-state").getByText("Sent").waitFor()
    await sender.getByTestId("resumes").getByText("resumed once").waitFor()
    const digest = createHash("sha256").update(content).digest("hex")
    for (const page of [sender, receiver])
      expect(await page.getByTestId("digest").getAttribute("data-digest")).toBe(digest)
    const download = receiver.waitForEvent("download")
    await receiver.getByRole("button", { name: "Save" }).click()
    expect((await download).suggestedFilename()).toBe("photos.tar")
    expect((await readFile(await (await download).path())).equals(content)).toBe(true)
    await check()
  })

  test("a tab that was duplicated takes an id of its own", async () => {
    const { page, check } = await visit(browser, `${stage.url}send.html`)
    const id = await tabOf(page)
    const copy = await page.context().newPage()
    await copy.addInitScript((taken) => sessionStorage.setItem("luxbus.tab", taken), id)
    await copy.goto(`${stage.url}send.html`)
    await expect.poll(() => copy.getByTestId("tab-id").textContent()).not.toBe(id)
    await expect.poll(() => copy.getByTestId("connection").textContent()).toBe("connected")
    await check()
  })

  test.each(["light", "dark"] as const)(
    "breaks no rule of accessibility, and fits a phone: %s",
    async (colorScheme) => {
      const options = { colorScheme, viewport: { width: 390, height: 844 } }
      const { page, another, check } = await visit(browser, `${stage.url}send.html`, options)
      await tabOf(page)
      expect(await accessibilityFaults(page)).toEqual([])
      const tab = await tabOf(await another())
      const name = `${"a rather long name ".repeat(5)}.tar`
      await page.getByLabel("File to send").setInputFiles({ name, mimeType: "", buffer: Buffer.from("a") })
      await page.getByRole("combobox", { name: "To" }).fill(tab)
      await page.getByRole("button", { name: "Send", exact: true }).click()
      await page.getByTestId("digest").waitFor()
      expect(await accessibilityFaults(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      await check()
    },
  )

  test("who waits for a tab that is not there can stop", async () => {
    const { page, check } = await visit(browser, `${stage.url}send.html`)
    await page.getByLabel("File to send").setInputFiles({ name: "a.txt", mimeType: "", buffer: Buffer.from("a") })
    await page.getByRole("combobox", { name: "To" }).fill("tab-nobody")
    await page.getByRole("button", { name: "Send", exact: true }).click()
    await page.getByText("Waiting for tab-nobody").waitFor()
    await page.getByRole("button", { name: "Stop" }).click()
    await page.getByTestId("transfer-state").getByText("Stopped").waitFor()
    await check()
  })
})

/** A tab's id, once the broker has given it. */
async function tabOf(page: Page): Promise<string> {
  const id = page.getByTestId("tab-id").filter({ hasText: /^tab-/ })
  return (await id.textContent()) ?? ""
}
