import {
  accessibilityFaults,
  cutNetwork,
  cutNetworkAfter,
  describeInBrowser,
  openBrowser,
  restoreNetwork,
  textsShown,
  visit,
} from "@luxbus/browser-tests"
import type { NoticeListener } from "@luxbus/client"
import type { Browser, Locator, Page, WebSocket } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openStage, QUICK_JOB, type Stage } from "../support/stage.ts"

describeInBrowser("the page on which people type together", () => {
  let browser: Browser
  let stage: Stage

  beforeAll(async () => {
    ;[browser, stage] = await Promise.all([openBrowser(), openStage(QUICK_JOB)])
  })

  afterAll(async () => {
    await browser?.close()
    await stage?.[Symbol.asyncDispose]()
  })

  /** Whether who reads a subject from the start begins with a gap. */
  async function hasLostItsBeginning(subject: string): Promise<boolean> {
    const bus = await stage.client()
    let isLost = false
    const onNotice: NoticeListener = ({ type }) => {
      if (type === "gap") isLost = true
    }
    const events = bus.subscribe(subject, { from: "start", onNotice })
    await events.next()
    await events.close()
    return isLost
  }

  const address = (room: string) => `${stage.url}type.html#room=${room}`

  test("two who type at once have the same text in the end, and see each other", async () => {
    const { page: anna, another, check } = await visit(browser, address("at-once"))
    const ben = await another()
    await anna.getByTestId("people").getByText("2 people here").waitFor()
    await anna.getByLabel("Name").fill("anna")
    await ben.getByTestId("people").getByText("anna", { exact: false }).waitFor()
    await Promise.all([area(anna).pressSequentially("the quick fox "), area(ben).pressSequentially("lazy dogs 🐕 ")])
    await settled(anna, ben)
    expect([...(await area(anna).inputValue())].sort().join("")).toBe(
      [..."the quick fox lazy dogs 🐕 "].sort().join(""),
    )
    expect((await textsShown(ben, "typing")).some((text) => text.includes("anna is typing"))).toBe(true)
    await check()
  })

  test("who comes late has the whole text, and so has a second person on the page", async () => {
    const { page, another, check } = await visit(browser, address("late"))
    await area(page).pressSequentially("once upon a time")
    await page.keyboard.press("Backspace")
    await settled(page)
    const late = await another()
    await shows(area(late), "once upon a tim")
    const sockets: WebSocket[] = []
    page.on("websocket", (socket) => sockets.push(socket))
    await page.getByRole("button", { name: "Second person" }).click()
    const second = page.getByRole("region", { name: "Second person" })
    await shows(area(second), "once upon a tim")
    await area(second).press("End")
    await area(second).pressSequentially("e")
    await shows(area(late), "once upon a time")
    await late.getByTestId("people").getByText("3 people here").waitFor()
    await page.getByRole("button", { name: "Second person" }).click()
    await late.getByTestId("people").getByText("2 people here").waitFor()
    await expect.poll(() => sockets.map((socket) => socket.isClosed())).toEqual([true])
    await check()
  })

  test("who comes when the topic's ring has lost the beginning has the whole text", async () => {
    const { page, another, check } = await visit(browser, address("long"))
    await area(page).pressSequentially("the beginning: ")
    let text = ""
    // More than the ring holds, written over and over: each paste takes the place of the one before.
    for (let round = 0; round < 100; round++) {
      text = `${round % 10}`.repeat(12_000)
      await area(page).evaluate((field) => (field as HTMLTextAreaElement).setSelectionRange(15, 1e9))
      await paste(area(page), text)
      await settled(page)
      expect(await page.getByRole("alert").count()).toBe(0)
    }
    await area(page).pressSequentially("the end")
    await settled(page)
    expect(await hasLostItsBeginning("typing.long")).toBe(true)
    await shows(area(await another()), `the beginning: ${text}the end`)
    await check()
  })

  test("a cut loses no keystroke, of either", async () => {
    const { page: anna, another, check } = await visit(browser, address("cut"))
    const ben = await another()
    await area(anna).pressSequentially("before ")
    await shows(area(ben), "before ")
    await cutNetwork(anna)
    await anna.getByTestId("connection").getByText("suspended").waitFor()
    await area(anna).pressSequentially("meanwhile ")
    await area(ben).press("Home")
    await area(ben).pressSequentially("long ")
    expect(await area(anna).inputValue()).toBe("before meanwhile ")
    expect(Number(await anna.getByTestId("pending").textContent())).toBeGreaterThan(0)
    await restoreNetwork(anna)
    await shows(area(ben), "long before meanwhile ")
    await settled(anna, ben)
    await check()
  })

  test("a cut in the midst of typing loses nothing either", async () => {
    const { page: anna, another, check } = await visit(browser, address("midst"))
    const ben = await another()
    await area(anna).pressSequentially("what is there, ")
    await settled(anna)
    // By the page itself, with the first keystroke that it sends from here on.
    const cut = cutNetworkAfter(anna, 1)
    await area(anna).pressSequentially("what was on its way, ")
    await cut
    await area(anna).pressSequentially("what is typed while nobody hears it")
    expect(Number(await anna.getByTestId("pending").textContent())).toBeGreaterThan(0)
    const text = "what is there, what was on its way, what is typed while nobody hears it"
    expect(await area(anna).inputValue()).toBe(text)
    await restoreNetwork(anna)
    await shows(area(ben), text)
    await settled(anna, ben)
    await check()
  })

  test("the caret stays where it was when others type before it", async () => {
    const { page: anna, another, check } = await visit(browser, address("caret"))
    const ben = await another()
    await area(anna).pressSequentially("world")
    await area(anna).press("ArrowLeft")
    await shows(area(ben), "world")
    await area(ben).press("Home")
    await area(ben).pressSequentially("hello ")
    await shows(area(anna), "hello world")
    await area(anna).pressSequentially("!")
    await shows(area(ben), "hello worl!d")
    await check()
  })

  test("a paste of 10 000 characters is three messages", async () => {
    const bus = await stage.client()
    const messages = bus.subscribe("typing.paste")
    await messages.opened
    const { page, check } = await visit(browser, address("paste"))
    await paste(area(page), "x".repeat(10_000))
    await settled(page)
    await area(page).pressSequentially("!")
    let count = 0
    for await (const { data } of messages) {
      count++
      if (JSON.stringify(data).includes('"text":"!"')) break
    }
    expect(count).toBe(4)
    await check()
  })

  test("the text outlives its topic: a broker that begins anew has it from who is there", async () => {
    const first = await openStage(QUICK_JOB)
    const { port } = new URL(first.url)
    const { page: anna, another, check } = await visit(browser, `${first.url}type.html`)
    await area(anna).pressSequentially("still here")
    const ben = await another()
    await shows(area(ben), "still here")
    await first[Symbol.asyncDispose]()
    await using again = await openStage(QUICK_JOB, 3, Number(port))
    await expect
      .poll(() => again.server !== undefined && connectionOf(anna), { timeout: 20_000 })
      .toMatch(/resumed|connected/)
    await area(anna).press("End")
    await area(anna).pressSequentially("!")
    await shows(area(ben), "still here!")
    await settled(anna, ben)
    await check().catch((error: Error) => expect(error.message).toMatch(/ERR_CONNECTION_REFUSED|WebSocket/))
  })

  test.each(["light", "dark"] as const)(
    "breaks no rule of accessibility, fits a phone, and needs no mouse: %s",
    async (colorScheme) => {
      const options = { colorScheme, viewport: { width: 390, height: 844 } }
      const { page, check } = await visit(browser, address(`phone-${colorScheme}`), options)
      await area(page).pressSequentially("text")
      await settled(page)
      await page.getByRole("button", { name: "Second person" }).press("Enter")
      await shows(area(page.getByRole("region", { name: "Second person" })), "text")
      expect(await accessibilityFaults(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
      await check()
    },
  )
})

function area(where: Page | Locator): Locator {
  return where.getByLabel("The text").first()
}

function connectionOf(page: Page): Promise<string | null> {
  return page.getByTestId("connection").textContent()
}

/** As the clipboard's does: one input event. */
async function paste(where: Locator, text: string): Promise<void> {
  await where.focus()
  await where.evaluate((_, pasted) => document.execCommand("insertText", false, pasted), text)
}

async function shows(where: Locator, text: string | RegExp): Promise<void> {
  const shown = expect.poll(() => where.inputValue(), { timeout: 10_000 })
  await (typeof text === "string" ? shown.toBe(text) : shown.toMatch(text))
}

/** Nothing is on its way, and all show the same. */
async function settled(first: Page, ...others: readonly Page[]): Promise<void> {
  for (const page of [first, ...others]) {
    await expect.poll(() => page.getByTestId("pending").first().textContent(), { timeout: 10_000 }).toBe("0")
  }
  for (const page of others) {
    await expect
      .poll(async () => (await area(page).inputValue()) === (await area(first).inputValue()), { timeout: 10_000 })
      .toBe(true)
  }
}
