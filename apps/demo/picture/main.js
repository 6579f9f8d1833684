// Makes docs/images/page.png and page-dark.png out of the page as it is built: a job with two viewers, one of whose
// connections was cut.

import { fileURLToPath } from "node:url"
import { connect } from "@luxbus/client"
import { createServer } from "@luxbus/server"
import { chromium } from "playwright-core"
import { DEMO_CLIENT_ID, demoJob, demoPage } from "../dist/index.js"

const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const PICTURES = [
  { colorScheme: "light", name: "page.png" },
  { colorScheme: "dark", name: "page-dark.png" },
]

const server = createServer()
const { url } = await server.listen({ onRequest: demoPage() })
const bus = await connect(url, { id: DEMO_CLIENT_ID })
const demo = demoJob(bus)
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
})
try {
  for (const picture of PICTURES) await take(picture)
} finally {
  await browser.close()
  await demo.close()
  await bus.close()
  await server.close()
}

async function take({ colorScheme, name }) {
  const file = fileURLToPath(new URL(`../../../docs/images/${name}`, import.meta.url))
  // Sharp enough at the width of a README, and no more: one that loads slowly is not read.
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 }, deviceScaleFactor: 1.25, colorScheme })
  await page.goto(url.replace("ws:", "http:"))
  await page.getByRole("button", { name: "Start the demo job" }).first().click()
  await page.locator(".row[data-lane]").nth(6).waitFor()
  await page.getByRole("button", { name: "Cut connection" }).click()
  await page.getByTestId("connection").getByText("resumed").waitFor()
  await page.getByRole("button", { name: "Second viewer" }).click()
  await page.getByRole("region", { name: "Second viewer" }).getByText("connected", { exact: true }).waitFor()
  await page.getByText("2 viewers").waitFor()
  await page.screenshot({ path: file })
  console.log(`wrote ${file}`)
  await page.getByRole("button", { name: "Stop", exact: true }).click()
  await page.getByTestId("outcome").getByText("Stopped", { exact: true }).first().waitFor()
  await page.close()
}
