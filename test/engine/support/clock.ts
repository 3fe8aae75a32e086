import type { Clock } from "../../../local/engine/retry";

/** A clock that advances only during sleeps. */
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
