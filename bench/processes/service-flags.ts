/** The flags that `npm start` gives the service; everything that is measured has them. */
export const SERVICE_FLAGS: readonly string[] = ['--max-semi-space-size=64'];
