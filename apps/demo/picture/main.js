// Makes docs/images/page.png out of the page as it is built: a job with two viewers, one of whose connections was cut.

import { fileURLToPath } from "node:url"
import { connect } from "@luxbus/client"
import { createServer } from "@luxbus/server"
import { chromium } from "playwright-core"
import { DEMO_CLIENT_ID, demoJob, demoPage } from "../dist/index.js"

const FILE = fileURLToPath(new URL("../../../docs/images/page.png", import.meta.url))
const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"

const server = createServer()
const { url } = await server.listen({ onRequest: demoPage() })
const bus = await connect(url, { id: DEMO_CLIENT_ID })
const demo = demoJob(bus)
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
})
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 920 }, deviceScaleFactor: 2 })
  await page.goto(url.replace("ws:", "http:"))
  await page.getByRole("button", { name: "Start the demo job" }).first().click()
  await page.locator(".row[data-lane]").nth(6).waitFor()
  await page.getByRole("button", { name: "Cut connection" }).click()
  await page.getByTestId("connection").getByText("resumed").waitFor()
  await page.getByRole("button", { name: "Second viewer" }).click()
  await page.getByRole("region", { name: "Second viewer" }).getByText("connected", { exact: true }).waitFor()
  await page.getByText("2 viewers").waitFor()
  await page.screenshot({ path: FILE })
  console.log(`wrote ${FILE}`)
} finally {
  await browser.close()
  await demo.close()
  await bus.close()
  await server.close()
}
