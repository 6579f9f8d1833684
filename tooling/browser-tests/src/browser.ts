import { existsSync } from "node:fs"
import { type Browser, chromium } from "playwright-core"
import { describe } from "vitest"

const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"
const ARGS = [
  "--no-sandbox",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
]

/**
 * Tests in a real browser. Where there is none they are skipped, and that is said aloud; under CI it is a failure.
 */
export function describeInBrowser(title: string, tests: () => void): void {
  const isThere = existsSync(CHROMIUM)
  if (!isThere && process.env["CI"] !== undefined) throw new Error(`CI needs Chromium at ${CHROMIUM}`)
  if (!isThere) {
    console.warn(`
  ! NOT TESTED: ${title}
  ! There is no Chromium at ${CHROMIUM}. Install it (Debian: apt-get install chromium),
  ! or say where it is: CHROMIUM_PATH=/path/to/chromium
`)
  }
  describe.skipIf(!isThere)(title, tests)
}

/** A browser of its own, with a profile of its own. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS })
}
