/** What a child process can be asked, by name. */
export type Questions = Readonly<Record<string, (argument: never) => unknown>>;

/** How it answers. */
export interface Answer {
  value?: unknown;
  error?: string;
}

/** Answers the parent process until it leaves. */
export function answerParent(questions: Questions): void {
  process.on('message', ({ name, argument }: { name: string; argument: never }) => {
    const answer = async (): Promise<unknown> => questions[name]?.(argument);
    answer().then(
      (value) => send({ value }),
      (error: Error) => send({ error: error.stack ?? error.message }),
    );
  });
  process.once('disconnect', () => process.exit(0));
}

function send(answer: Answer): void {
  process.send?.(answer);
}
