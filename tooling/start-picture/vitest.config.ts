import { preset } from "@luxbus/test-preset"

export default preset({ include: ["test/**/*.test.js"] })
