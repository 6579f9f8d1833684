import { createHash } from "node:crypto"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { newToken } from "@luxbus/broker"
import { cutNetwork, describeInBrowser, openBrowser, restoreNetwork, visit } from "@luxbus/browser-tests"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { endAll, luxbus, serve } from "../support/process.ts"

/** Writes on both lanes, then as it is told on stdin, and ends with 3. */
const JOB = `
  process.stdout.write("before\\n")
  process.stderr.write("careful\\n")
  process.stdin.on("data", (data) => process.stdout.write(data)).on("end", () => { process.exitCode = 3 })`

describeInBrowser("the page that a broker serves", () => {
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    browser = await openBrowser()
    folder = await mkdtemp(join(tmpdir(), "luxbus-page-"))
  })
  afterAll(async () => {
    await browser?.close()
    await endAll()
    await rm(folder, { recursive: true, force: true })
  })

  test("shows a command that luxbus run publishes, through a cut, to its exit code", async () => {
    const { url, page: address } = await serve()
    const job = luxbus(["run", "--id", "build", "--url", url, "--", process.execPath, "-e", JOB], { keepStdin: true })
    const { page, check } = await visit(browser, address)
    await page.getByRole("link", { name: "build" }).click()
    const log = page.getByRole("log")
    await log.getByText("before").waitFor()
    await log.getByText("careful").waitFor()
    await cutNetwork(page)
    await page.getByTestId("connection").getByText("suspended").waitFor()
    job.child.stdin?.end("meanwhile\n")
    expect((await job.ended).code).toBe(3)
    await restoreNetwork(page)
    await page.getByTestId("outcome").getByText("exit code 3").waitFor()
    await log.getByText("meanwhile").waitFor()
    await check()
  })

  test("starts the demo job and stops its process, where the broker was told to offer it", async () => {
    const { url, page: address } = await serve("--demo")
    const { page, check } = await visit(browser, address)
    await page.getByRole("button", { name: "Start the demo job" }).first().click()
    await page.getByTestId("outcome").getByText("Live").waitFor()
    await page.getByRole("button", { name: "Stop" }).click()
    await page.getByTestId("outcome").getByText("Stopped", { exact: true }).waitFor()
    expect((await luxbus(["list", "--url", url]).ended).stdout.toString()).toMatch(/^demo\.[0-9a-f]{6} +cancelled/m)
    await check()
  })

  test("says that nothing can be started where the broker was not", async () => {
    const { page: address } = await serve()
    const { page, check } = await visit(browser, address)
    await page.getByRole("button", { name: "Start the demo job" }).first().click()
    await page.getByRole("alert").getByText("This broker offers no demo job").waitFor()
    await check()
  })

  test("sends a file to luxbus receive, with a token where the broker wants one", async () => {
    const { token, hash } = newToken()
    const { url, page: address } = await serve("--auth-tokens", JSON.stringify({ [hash]: "me" }))
    const receiving = luxbus(["receive", "--once", "--out", folder, "--id", "me/desk", "--url", url, "--token", token])
    await receiving.shows(/receiving as me\/desk/)
    const { page, check } = await visit(browser, `${address}/send.html`)
    await page.getByLabel("Token").fill(token)
    await page.getByRole("button", { name: "Connect" }).click()
    const buffer = Buffer.alloc(3_000_000, "photo")
    await page.getByLabel("File to send").setInputFiles({ name: "a.raw", mimeType: "", buffer })
    await page.getByRole("combobox", { name: "To" }).fill("me/desk")
    await page.getByRole("button", { name: "Send", exact: true }).click()
    const sha256 = createHash("sha256").update(buffer).digest("hex")
    await page.getByTestId("digest").getByText(sha256).waitFor()
    expect((await receiving.ended).stdout.toString()).toBe(`${sha256}  ${join(folder, "a.raw")}\n`)
    expect((await readFile(join(folder, "a.raw"))).equals(buffer)).toBe(true)
    await check()
  })
})
