// Makes docs/images/start.svg: runs `npm start -- --exit` in a terminal, and draws what it wrote, when it wrote it.
import { writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { recordTerminal } from "./record-terminal.js"
import { screenLines } from "./screen-lines.js"
import { terminalSvg } from "./terminal-svg.js"

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
const FILE = join(ROOT, "docs", "images", "start.svg")
const COMMAND = "npm start --silent -- --exit"
/** Holds the longest line: two SHA-256 are compared in it. */
const COLUMNS = 112

const { pieces, exitCode } = await recordTerminal(COMMAND, { cwd: ROOT, columns: COLUMNS })
if (exitCode !== 0) throw new Error(`${COMMAND} ended with ${exitCode}`)
const lines = await screenLines(pieces, COLUMNS)
writeFileSync(
  FILE,
  terminalSvg(lines, {
    command: "npm start -- --exit",
    columns: COLUMNS,
    title: "luxbus: streams that survive",
    description:
      "A terminal: a job is watched through a connection that is cut twice, then a file is sent through one that is cut three times. What arrived is equal to what was sent.",
  }),
)
console.log(`wrote ${FILE}`)
