import { delimiter, dirname, join } from "node:path"
import { bundleForBrowser } from "./consume/browser-bundle.js"
import { hasChromium, servePage, viewInChromium } from "./consume/browser-view.js"
import { installConsumer } from "./consume/consumer.js"
import { exampleTypeFaults, IN_A_PAGE } from "./consume/example-types.js"
import { oldestNode, oldestVersion } from "./consume/oldest-node.js"
import { packPackages } from "./consume/pack-packages.js"
import { attwFaults, publintFaults } from "./consume/packaging-linters.js"
import { runExample } from "./consume/run-example.js"
import { SEEN, serveJob, withBroker } from "./consume/serve-job.js"
import { tarballFaults } from "./consume/tarball-faults.js"
import { Progress, twoAtATime } from "./progress.js"
import { readmeBlocks } from "./readme-blocks.js"
import { report } from "./report.js"
import { workspacePackages } from "./repository.js"
import { plainEnvironment } from "./run-process.js"
import { scratchFolder } from "./scratch-folder.js"

/** The package that pages use. */
const CLIENT = "@luxbus/client"
/** What a page that watches downloads of it, at most. */
const CLIENT_WATCH_BYTES = 25_000
/** What it downloads besides when it first writes, at most: what docs and README say. */
const CLIENT_LATER_BYTES = 18_000
/** And when it first needs one of these parts. */
const CLIENT_PART_BYTES = { channels: 4_250, receipts: 2_250, exchanges: 2_250, "refresh-token": 600 }
/** What somebody writes who serves the page of `@luxbus/demo`, beside its README's example. */
const SERVES_PAGE = `
import { demoPage } from "@luxbus/demo"
import { createServer } from "@luxbus/server"
const server = createServer()
const { url } = await server.listen({ onRequest: demoPage() })
const { status } = await fetch(url.replace("ws:", "http:"))
await server.close()
if (status !== 200) throw new Error("HTTP " + status)
`

const progress = new Progress()
const scratch = scratchFolder("consume")
const publicPackages = workspacePackages().filter(({ manifest }) => manifest.private !== true)

const packages = await progress.step("build and pack", () => packPackages(publicPackages, scratch))
if (packages !== undefined) {
  for (const { manifest } of publicPackages)
    if (!packages.has(manifest.name)) progress.fails(manifest.name, "was not packed")
  const node = (await progress.step("the oldest Node that we support", () => findNode()))?.path ?? process.execPath
  await twoAtATime([...packages.values()], (packed) => progress.step(packed.name, () => consume(packed, node)))
  await progress.step("@luxbus/demo serves its page", () =>
    runExample(folderOf("@luxbus/demo"), "page.ts", SERVES_PAGE, node),
  )
  await progress.step("luxbus serves a job", () => serveByCommand(node))
  await progress.step("@luxbus/broker serves a job, to Chromium too", () => serveToBrowser(node))
}
report("consume", progress.faults, `${publicPackages.length} packages, as their users get them`)

async function findNode() {
  const versions = new Set(publicPackages.map(({ manifest }) => oldestVersion(manifest.engines?.["node"] ?? "")))
  const [version = ""] = versions
  if (versions.size > 1) throw new Error(`the packages name different ones: ${[...versions].join(", ")}`)
  return { path: await oldestNode(join(scratch, "node"), version) }
}

/** @param {string} name */
function folderOf(name) {
  return join(scratch, "users", name)
}

/**
 * One package in the hands of its user.
 * @param {import("./consume/packed-package.js").PackedPackage} packed
 * @param {string} node
 */
async function consume(packed, node) {
  const { name, tarball, manifest, files } = packed
  const entries = Object.keys(manifest.exports ?? {}).map((entry) => join(name, entry))
  const blocks = readmeBlocks("README.md", files.get("README.md") ?? "")
  const examples = blocks.map(({ code }) => code)
  const faults = [
    ...tarballFaults(packed),
    ...(await publintFaults(tarball)),
    ...(await attwFaults(tarball, entries.length > 0)),
  ]
  if (entries.length > 0 && !blocks.some(({ run }) => run)) faults.push("its README has no example that runs")
  const folder = folderOf(name)
  await installConsumer(folder, name, examples, packages ?? new Map())
  const imports = entries.map((entry, index) => `export * as entry${index} from "${entry}"`).join("\n")
  const modules = new Map([
    ["entries.ts", imports],
    ...blocks.map(({ line, code }) => /** @type {const} */ ([`README-${line}.ts`, `${code}\nexport {}\n`])),
  ])
  faults.push(...exampleTypeFaults(folder, modules))
  if (name === CLIENT) faults.push(...exampleTypeFaults(folder, new Map([["page.ts", imports]]), IN_A_PAGE))
  const runs = [
    ...(entries.length > 0 ? [["entries.ts", imports]] : []),
    ...blocks.filter(({ run }) => run).map(({ line, code }) => [`README-${line}.ts`, code]),
  ]
  for (const [file = "", code = ""] of runs)
    await runExample(folder, file, code, node).catch((error) => faults.push(error.message))
  if (faults.length > 0) throw new Error(faults.join("\n"))
  return `${entries.length} entries, ${blocks.length} examples`
}

/** @param {string} node */
async function serveByCommand(node) {
  const luxbus = executable("luxbus", "luxbus")
  const options = at(folderOf("luxbus"), node)
  await withBroker([luxbus, "serve", "--port", "0"], options, (url) => serveJob(luxbus, options, url, "job"))
}

/** @param {string} node */
async function serveToBrowser(node) {
  const { page, watchBytes, laterBytes, partBytes } = await bundleForBrowser(folderOf(CLIENT))
  const within = (/** @type {number} */ bytes, /** @type {number} */ limit, /** @type {string} */ what) => {
    if (bytes > limit) progress.fails(`${CLIENT} in a page`, `${bytes} bytes gzipped ${what}, over ${limit}`)
  }
  within(watchBytes, CLIENT_WATCH_BYTES, "to watch")
  within(laterBytes, CLIENT_LATER_BYTES, "to write")
  for (const part of /** @type {(keyof typeof CLIENT_PART_BYTES)[]} */ (Object.keys(CLIENT_PART_BYTES))) {
    within(partBytes[part], CLIENT_PART_BYTES[part], `for ${part}`)
  }
  const site = await servePage(page)
  const broker = [executable("@luxbus/broker", "luxbus-broker"), "--port", "0", "--origins", site.origin]
  try {
    await withBroker(broker, at(folderOf("@luxbus/broker"), node), async (url) => {
      await serveJob(executable("luxbus", "luxbus"), at(folderOf("luxbus"), node), url, "job")
      if (hasChromium()) await view(site.origin, url)
      else if (process.env["CI"] !== undefined) throw new Error("there is no Chromium: CI installs it")
      else console.warn("  SKIPS @luxbus/client in Chromium: there is none. Debian: apt-get install chromium")
    })
  } finally {
    site.close()
  }
  const parts = Object.entries(partBytes).map(([part, bytes]) => `${bytes} for ${part}`)
  return `client ${watchBytes} bytes gzipped to watch, ${laterBytes} more to write, ${parts.join(", ")}`
}

/**
 * Where and how an installed command runs: with the given Node as the one that it finds.
 * @param {string} cwd
 * @param {string} node
 */
function at(cwd, node) {
  return { cwd, env: { ...plainEnvironment(), PATH: `${dirname(node)}${delimiter}${process.env["PATH"]}` } }
}

/**
 * @param {string} name the package
 * @param {string} command
 */
function executable(name, command) {
  return join(folderOf(name), "node_modules/.bin", command)
}

/**
 * @param {string} origin
 * @param {string} url
 */
async function view(origin, url) {
  const { main, error, status, scripts } = await viewInChromium(origin, url, "job")
  if (main !== SEEN.main || error !== SEEN.error || status !== "error")
    throw new Error(`Chromium saw ${JSON.stringify({ main, error, status })}`)
  if (scripts.toWatch >= scripts.toWrite)
    throw new Error(
      `Chromium loaded ${scripts.toWatch} scripts to watch, ${scripts.toWrite} in all: nothing came later`,
    )
}
