// A job for tests: the same bytes at every run, on both lanes, within some three seconds.
import { setTimeout as sleep } from "node:timers/promises"

for (let number = 1; number <= 200; number++) {
  process.stdout.write(`line ${number} of the main lane\n`)
  if (number % 6 === 0) process.stderr.write(`remark ${number}: müßig — not ASCII\n`)
  await sleep(12)
}
process.stdout.write("no line feed at the end")
