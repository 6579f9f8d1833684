import { preset } from "@luxbus/test-preset"

export default preset({ include: ["long/**/*.test.ts"], execArgv: ["--expose-gc"] })
