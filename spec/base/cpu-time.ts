/**
 * The milliseconds that the processor worked for this process during `act`: a machine that is busy with others, or stands still,
 * does not count, as it would with a clock.
 */
export function cpuTimeOf(act: () => unknown): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
