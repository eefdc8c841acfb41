/** How late the event loop of this process comes round. */
import type { Gap, LoopFacts } from './protocol.ts';

const everyMs = 5;
const kept = 12;

export class LoopWatch {
  #timer: NodeJS.Timeout | undefined;
  #phase = '';
  #ticks = 0;
  #worst: Gap[] = [];
  #busiest: Gap = { lateMs: 0, computedMs: 0, phase: '' };

  /** Begins to watch; what is seen from now on belongs to this phase. */
  phase(name: string): void {
    this.#phase = name;
    if (this.#timer !== undefined) return;
    let last = performance.now();
    let computed = computedMs();
    this.#timer = setInterval(() => {
      const now = performance.now();
      const computedNow = computedMs();
      this.#ticks++;
      this.#keep({ lateMs: Math.max(0, now - last - everyMs), computedMs: computedNow - computed, phase: this.#phase });
      last = now;
      computed = computedNow;
    }, everyMs);
  }

  facts(): LoopFacts {
    return { ticks: this.#ticks, worst: this.#worst, busiest: this.#busiest };
  }

  dispose(): void {
    clearInterval(this.#timer);
  }

  #keep(gap: Gap): void {
    if (gap.computedMs > this.#busiest.computedMs) this.#busiest = gap;
    if (this.#worst.length >= kept && gap.lateMs <= (this.#worst.at(-1)?.lateMs ?? 0)) return;
    this.#worst = [...this.#worst, gap].sort((a, b) => b.lateMs - a.lateMs).slice(0, kept);
  }
}

/** Of this thread: garbage collection and compilation on other threads do not hold the loop. */
function computedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

const calmMs = 1000;
const calmLimitMs = 10_000;

/** Answers when this thread has computed next to nothing for a second, or after ten. */
export async function calm(): Promise<void> {
  const deadline = performance.now() + calmLimitMs;
  for (;;) {
    const before = computedMs();
    await new Promise((resolve) => setTimeout(resolve, calmMs));
    if (computedMs() - before < calmMs / 50 || performance.now() > deadline) return;
  }
}
