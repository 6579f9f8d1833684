import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, test } from "vitest"

const PYTHON = pythonPath()
const DECODER = fileURLToPath(new URL("../python/decode_vectors.py", import.meta.url))

function pythonPath(): string | undefined {
  const folders = ["/usr/bin", ...(process.env["PATH"] ?? "").split(delimiter)]
  return folders.map((folder) => join(folder, "python3")).find((path) => existsSync(path))
}

if (PYTHON === undefined) {
  if (process.env["CI"] !== undefined) throw new Error("CI needs python3")
  console.warn(`
  ! NOT TESTED: that a decoder in Python reads the vectors.
  ! There is no python3. Install it (Debian: apt-get install python3).
`)
}

describe.skipIf(PYTHON === undefined)("a decoder that knows nothing but docs/protocol.md", () => {
  test("reads every vector to the same packets, and refuses what is invalid for the same reason", async () => {
    // -B: nothing is written beside the sources.
    const { stdout } = await promisify(execFile)(PYTHON!, ["-B", DECODER])
    expect(stdout).toMatch(/^\d{3,} vectors, 0 of them decoded otherwise\n$/)
  })
})
