const signals: Readonly<Record<number, string>> = {
  4: 'SIGILL: an instruction that the CPU does not have',
  6: 'SIGABRT: the program aborted itself',
  7: 'SIGBUS: a memory access that the system could not serve',
  8: 'SIGFPE: an arithmetic error',
  9: 'SIGKILL: it was ended from outside, and is not marked OOMKilled',
  11: 'SIGSEGV: an access to memory that is not its own',
  15: 'SIGTERM: it was asked to end',
};

const others: Readonly<Record<number, string>> = {
  126: 'the command cannot be run',
  127: 'the command was not found',
  128: 'the container could not be started',
};

/** What an exit code says by itself: a signal (128 and its number) or a shell's own code; null when it says nothing. */
export function exitMeaning(code: number | null): string | null {
  return code === null ? null : (signals[code - 128] ?? others[code] ?? null);
}
