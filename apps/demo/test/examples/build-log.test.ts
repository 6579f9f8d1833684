import { expect, test } from "vitest"
import { startExample } from "../support/example.ts"

const STDOUT = ["lexer.c", "parser.c", "optimizer.c", "linker.c"].map((file) => `compiling ${file}`).concat("linking")
const STDERR = ['parser.c:12: warning: unused variable "depth"', "linker.c:40: error: undefined reference to main"]

test("a build is seen whole, on two lanes, by who watches it and by who comes too late", async () => {
  const { code, output } = await startExample("build-log").ended
  expect(code, output).toBe(0)
  for (const who of ["live", "late"]) {
    expect(linesOf(output, `${who} | stdout | `)).toEqual(STDOUT)
    expect(linesOf(output, `${who} | stderr | `)).toEqual(STDERR)
    expect(linesOf(output, `${who} | outcome: `)).toEqual(["error, exit code 2"])
  }
  const [live, late] = output.split("The build is over")
  expect(live).not.toContain("late |")
  expect(late).not.toContain("live |")
  expect(output).toContain("Both saw the same.")
})

function linesOf(output: string, label: string): readonly string[] {
  return output.split("\n").flatMap((line) => (line.startsWith(label) ? [line.slice(label.length)] : []))
}
