import { preset } from "@luxbus/test-preset"

// expose-gc: test/release.test.ts shows that what was let go of is really collected.
export default preset({ execArgv: ["--expose-gc"] })
