import { preset } from "@luxbus/test-preset"

export default preset({ execArgv: ["--expose-gc"] })
