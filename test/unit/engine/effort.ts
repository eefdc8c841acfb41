/** Processor time of this thread, so that a busy machine changes nothing: the least of five rounds, in milliseconds. */
export function effortMs(work: () => void): number {
  const rounds = Array.from({ length: 5 }, () => {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...rounds);
}
