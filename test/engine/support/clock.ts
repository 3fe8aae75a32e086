import type { Clock } from "../../../local/engine/retry";

/** Time that passes only while somebody sleeps. */
export class FakeClock implements Clock {
    private time = 0;

    now(): number {
        return this.time;
    }

    async sleep(milliseconds: number): Promise<void> {
        this.time += milliseconds;
        await new Promise(setImmediate);
    }
}
