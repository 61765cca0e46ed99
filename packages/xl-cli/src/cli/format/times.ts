const DAY = 86_400;
const HOUR = 3_600;
const MINUTE = 60;

const two = (n: number) => String(n).padStart(2, '0');
const days = (n: number) => (n > 1 ? `${n} days, ` : n === 1 ? '1 day, ' : '');
const hours = (n: number) => String(n).padStart(2);

/** `2 days,  3:04:05`, as `xl uptime` prints it. */
export function longUptime(seconds: number): string {
  return `${shortUptime(seconds)}:${two(seconds % MINUTE)}`;
}

/** `2 days,  3:04`, as `xl uptime -s` prints it. */
export function shortUptime(seconds: number): string {
  const day = Math.floor(seconds / DAY);
  const hour = Math.floor((seconds % DAY) / HOUR);
  const minute = Math.floor((seconds % HOUR) / MINUTE);
  return `${days(day)}${hours(hour)}:${two(minute)}`;
}

/** Local time, `HH:MM:SS`. */
export function clockTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}
