// The command that the demo runs: it examines a real file piece by piece, and writes findings on stdout, remarks on stderr.
import { createHash } from "node:crypto"
import { open } from "node:fs/promises"
import { gzipSync } from "node:zlib"

const PIECES = 24
const PIECE_BYTES = 3 * 1024 * 1024
const POORLY_COMPRESSED = 0.45
/** What linters end with that have remarks. */
const WITH_REMARKS = 3

await using file = await open(process.execPath)
const { size } = await file.stat()
let remarks = 0

console.error(`examining ${process.execPath}`)
for (let number = 1; number <= PIECES; number++) {
  const offset = Math.floor(((number - 1) * size) / PIECES)
  const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - offset))
  await file.read(piece, 0, piece.length, offset)
  const share = gzipSync(piece, { level: 6 }).length / piece.length
  const digest = createHash("sha256").update(piece).digest("hex").slice(0, 16)
  console.log(`piece ${String(number).padStart(2)} of ${PIECES}  sha256 ${digest}  gzip ${(share * 100).toFixed(1)} %`)
  if (share < POORLY_COMPRESSED) continue
  remarks++
  console.error(`remark: piece ${number} is dense`)
}
console.error(`${remarks} remarks`)
process.exitCode = remarks > 0 ? WITH_REMARKS : 0
