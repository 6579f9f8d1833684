// Prepares a fresh clone: checks Node, then installs what the lockfile names. Quick when that was done before.
// Written for old versions of Node too, so that they get to the sentence which says that they are old.
// biome-ignore-all lint/style/useNodejsImportProtocol: Node before 12.20 and 14.13 does not know it
import { spawn } from "child_process"
import { createHash } from "crypto"
import { existsSync, readFileSync, writeFileSync } from "fs"
import { dirname, join } from "path"
import { fileURLToPath } from "url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampPath = join(root, "node_modules", ".luxbus-setup")
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ENETDOWN|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT/

function isOld(wanted) {
  const parts = (version) =>
    version
      .replace(/^[^0-9]*/, "")
      .split(".")
      .map(Number)
  const [major, minor] = parts(process.version)
  const [wantedMajor, wantedMinor] = parts(wanted)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}

/** What node_modules depends on: the lockfile, and the platform whose binaries were installed. */
function stamp() {
  const lockfile = readFileSync(join(root, "pnpm-lock.yaml"))
  const digest = createHash("sha256").update(lockfile).digest("hex")
  return `${digest} ${process.platform} ${process.arch}\n`
}

function isDone() {
  return existsSync(stampPath) && readFileSync(stampPath, "utf8") === stamp()
}

function install() {
  console.error("Installing dependencies ...")
  const startedAt = Date.now()
  // Two quick tries are enough to tell a slow network from none.
  const env = Object.assign({}, process.env, {
    npm_config_fetch_retries: "2",
    npm_config_fetch_retry_mintimeout: "1000",
    npm_config_fetch_retry_factor: "2",
    CI: "1",
  })
  const args = [join(root, "tooling", "run.mjs"), "install", "--frozen-lockfile", "--reporter=append-only"]
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  child.stdout.on("data", (data) => (output += data))
  child.stderr.on("data", (data) => (output += data))
  let stopped = false
  const stop = () => {
    stopped = true
    child.kill("SIGTERM")
  }
  process.on("SIGINT", stop)
  process.on("SIGTERM", stop)
  child.on("close", (code) => {
    if (code === 0) {
      writeFileSync(stampPath, stamp())
      console.error(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`)
      return
    }
    process.exitCode = code === null ? 1 : code
    if (stopped) return
    if (UNREACHABLE.test(output)) {
      console.error(
        "The first install needs the npm registry, which cannot be reached: check the network or the proxy, then try again.",
      )
      return
    }
    console.error(output.trim())
    console.error("The install failed; see above.")
  })
}

const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
if (isOld(engines.node)) {
  console.error(
    `luxbus needs Node ${engines.node}, and this is ${process.version}: get a newer one at https://nodejs.org.`,
  )
  process.exitCode = 1
} else if (!isDone()) install()
