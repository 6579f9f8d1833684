// Makes the pictures of docs/images out of the pages as they are built, light and dark: page.png, a job with two viewers,
// one of whose connections was cut; typing.png, two people at one text, one of whom types without a connection.

import { fileURLToPath } from "node:url"
import { connect } from "@luxbus/client"
import { createServer } from "@luxbus/server"
import { chromium } from "playwright-core"
import { DEMO_CLIENT_ID, demoJob, demoPage } from "../dist/index.js"

const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const SCHEMES = [
  { colorScheme: "light", suffix: "" },
  { colorScheme: "dark", suffix: "-dark" },
]
// Sharp enough at the width of a README, and no more: one that loads slowly is not read.
const LOOK = { viewport: { width: 1400, height: 860 }, deviceScaleFactor: 1.25 }

const server = createServer()
const { url } = await server.listen({ onRequest: demoPage() })
const bus = await connect(url, { id: DEMO_CLIENT_ID })
const demo = demoJob(bus)
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
})
try {
  for (const { colorScheme, suffix } of SCHEMES) {
    await takeJob(colorScheme, `page${suffix}.png`)
    await takeTyping(colorScheme, `typing${suffix}.png`)
  }
} finally {
  await browser.close()
  await demo.close()
  await bus.close()
  await server.close()
}

async function takeJob(colorScheme, name) {
  const page = await browser.newPage({ ...LOOK, colorScheme })
  await page.goto(url.replace("ws:", "http:"))
  await page.getByRole("button", { name: "Start the demo job" }).first().click()
  await page.locator(".row[data-lane]").nth(6).waitFor()
  await page.getByRole("button", { name: "Cut connection" }).click()
  await page.getByTestId("connection").getByText("resumed").waitFor()
  await page.getByRole("button", { name: "Second viewer" }).click()
  await page.getByRole("region", { name: "Second viewer" }).getByText("connected", { exact: true }).waitFor()
  await page.getByText("2 viewers").waitFor()
  await save(page, name)
  await page.getByRole("button", { name: "Stop", exact: true }).click()
  await page.getByTestId("outcome").getByText("Stopped", { exact: true }).first().waitFor()
  await page.close()
}

async function takeTyping(colorScheme, name) {
  const page = await browser.newPage({ ...LOOK, colorScheme })
  await page.goto(`${url.replace("ws:", "http:")}type.html#room=saturday-${colorScheme}`)
  await page.getByRole("button", { name: "Second person" }).click()
  const anna = page.getByRole("region", { name: "First person" })
  const ben = page.getByRole("region", { name: "Second person" })
  await anna.getByLabel("Name").fill("anna")
  await ben.getByLabel("Name").fill("ben")
  await anna.getByLabel("The text").pressSequentially("Shopping for Saturday:\n\n- two loaves of bread\n- apples\n")
  await page.waitForFunction((text) => document.querySelectorAll("textarea")[1].value.endsWith(text), "apples\n")
  await ben.getByLabel("The text").press("ControlOrMeta+End")
  await ben.getByLabel("The text").pressSequentially("- olives, and some good cheese")
  await ben.getByRole("button", { name: "Cut connection" }).click()
  await ben.getByText("suspended", { exact: true }).waitFor()
  await ben.getByLabel("The text").pressSequentially(" (aged)")
  await save(page, name)
  await page.close()
}

async function save(page, name) {
  const file = fileURLToPath(new URL(`../../../docs/images/${name}`, import.meta.url))
  await page.screenshot({ path: file })
  console.log(`wrote ${file}`)
}
