// A build as any other: it says on stdout what it does, on stderr what is wrong, and ends with an exit code.
import { setTimeout } from "node:timers/promises"

for (const file of ["lexer.c", "parser.c", "optimizer.c", "linker.c"]) {
  console.log(`compiling ${file}`)
  await setTimeout(60)
  if (file === "parser.c") console.error(`${file}:12: warning: unused variable "depth"`)
}
console.log("linking")
console.error("linker.c:40: error: undefined reference to main")
process.exitCode = 2
